"""External ids are claimed before the customer is committed who gets them."""

from shared.context import Context
from shared.core.versioned import Versioned
from shared.customers.domain.customers import Customer
from shared.customers.external_ids.claiming import claim_all, external_ids_of, release_all
from shared.customers.external_ids.documents import ExternalId
from shared.customers.participants import Change, Joined


class ExternalIdClaims:
    """Claims the new ones, and gives back those that the customer has no more.

    The last of the participants: what is refused by others claims nothing.
    """

    name = "external ids"

    async def join(self, change: Change, context: Context) -> Joined:
        """Return what fails the commit if a claim is lost meanwhile. Raises ExternalIdTaken."""
        new = external_ids_of(change.after) - _before(change)
        if not new:
            return Joined(change.after)
        return Joined(change.after, await claim_all(change.after.id, new, context))

    async def after(self, customer: Versioned[Customer], change: Change, context: Context) -> None:
        """Give back what is not needed any more; what is left undone, whoever needs it does."""
        old = _before(change) - external_ids_of(customer.value)
        if old and customer.value.status != "Erased":  # then the erasure removes the claims
            await release_all(customer.value.id, old, context)


def _before(change: Change) -> frozenset[ExternalId]:
    return external_ids_of(change.before.value if change.before else None)
