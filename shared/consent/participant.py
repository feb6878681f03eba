"""Consent decisions are written in the commit of the customer whose contact points they concern."""

from collections.abc import Iterable

from shared.consent.documents import consent_document
from shared.consent.domain.consents import Consent, of_edit
from shared.context import Context
from shared.core.versioned import Versioned
from shared.customers.domain.customers import Customer
from shared.customers.participants import Change, Joined
from shared.ports.documents import Create


class ConsentDecisions:
    """Records each decision, also one that an edit of a contact point makes by itself.

    `details["consent"]` are decisions of which the caller knows more than the edit says.
    """

    name = "consent"

    async def join(self, change: Change, context: Context) -> Joined:
        """Return what writes the decisions."""
        decisions: Iterable[Consent] = change.details.get(self.name) or _of_edit(change, context)
        version = change.after.version
        return Joined(
            change.after,
            [Create(consent_document(decision, version)) for decision in decisions],
        )

    async def after(self, customer: Versioned[Customer], change: Change, context: Context) -> None:
        """Do nothing yet: decisions are not propagated."""


def _of_edit(change: Change, context: Context) -> list[Consent]:
    before = change.before.value.contacts if change.before else ()
    consents = {contact.id: contact.marketing_consent for contact in before}
    return [
        of_edit(contact, context.actor, context.now)
        for contact in change.after.contacts
        if contact.marketing_consent != consents.get(contact.id)
    ]
