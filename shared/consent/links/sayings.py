"""What somebody says by a link, as it goes into the ledger."""

from shared.consent.domain.preferences import NewPreference
from shared.consent.domain.purposes import ConsentPurpose
from shared.consent.links.tokens import PreferenceLink
from shared.customers.domain.decisions import Evidence, Said


def said_of(new: NewPreference, link: PreferenceLink, pointer: str) -> Said:
    return Said(
        "",
        new.decision,
        new.purpose,
        new.channel,
        "Customer",
        Evidence(text_version=new.text_version, reference="preference link"),
        pointer=pointer,
        is_proven=True,
        point=link.point,
    )


def withdrawal_of(purpose: ConsentPurpose, link: PreferenceLink) -> Said:
    return said_of(NewPreference(purpose=purpose.name, decision="OptedOut"), link, "")
