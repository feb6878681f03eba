"""What somebody says by a link, as it goes into the ledger."""

from shared.consent.domain.points import Point
from shared.consent.domain.preferences import NewPreference
from shared.consent.domain.purposes import ConsentPurpose
from shared.consent.links.tokens import PreferenceLink
from shared.customers.domain.decisions import Evidence, Said


def is_withdrawn(point: Point, purpose: ConsentPurpose, kind: str) -> bool:
    in_force = (point.register(purpose.name, one).in_force for one in purpose.channels_of(kind))
    return all(stamp is not None and stamp.decision == "OptedOut" for stamp in in_force)


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
