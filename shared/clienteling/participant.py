"""A customer who is no longer active leaves all client books, in the same commit."""

from shared.clienteling.cards.projection import project_cards
from shared.clienteling.memberships import leave_books
from shared.context import Context
from shared.core.versioned import Versioned
from shared.customers.domain.customers import Customer
from shared.customers.participants import Change, Joined


class LeavingBooks:
    """Empties the membership of a customer who is deactivated."""

    name = "client books"

    async def join(self, change: Change, context: Context) -> Joined:
        """Return what empties the membership, and the entry of the timeline."""
        if not _deactivates(change):
            return Joined(change.after)
        return Joined(change.after, await leave_books(change.after, context))

    async def after(self, customer: Versioned[Customer], change: Change, context: Context) -> None:
        """Remove the cards. Raises Unavailable."""
        if _deactivates(change):
            await project_cards(customer.value.id, context=context)


def _deactivates(change: Change) -> bool:
    active_before = change.before is not None and change.before.value.status == "Active"
    return active_before and change.after.status != "Active"
