"""A request that comes again: the customer whom it created before."""

from shared.context import Context
from shared.core.versioned import Versioned
from shared.customers import documents
from shared.customers.directory.entries import is_listed, try_index
from shared.customers.domain.customers import Customer, CustomerExists, CustomerNotFound
from shared.customers.domain.decisions import CONSENT


async def existing_customer(customer: Customer, context: Context) -> Versioned[Customer] | None:
    """Return the customer if the same request created it before, or None.

    Looking before a number is taken lets a repeated import cost no numbers. Raises CustomerExists.
    """
    try:
        existing = await documents.load(customer.id, context)
    except CustomerNotFound:
        return None
    if context.fingerprint is None or existing.value.made_by != context.fingerprint:
        raise CustomerExists(
            f"There is a customer {customer.id} already.",
            customerId=existing.value.id,
            accountNumber=existing.value.account_number,
        )
    if existing.value.ledger and existing.value.ledger.sequence:
        # Whether every reader sees what the first request has decided is not known.
        context.left_to_feed.add(CONSENT)
    if not await is_listed(existing.value, context):
        await try_index(existing, None, context)
    return existing
