"""Giving pending customers their account numbers."""

from contextlib import suppress

from shared.context import Context
from shared.core.errors import Refusal, Stale, Unavailable
from shared.core.evolve import evolve
from shared.core.retry import ANY
from shared.core.versioned import Versioned
from shared.customers.change import Decision, change
from shared.customers.creation.numbering import take_account_number
from shared.customers.domain.customers import WHILE_RESTRICTED, Customer
from shared.customers.named_settings import check_named
from shared.sync.documents import commit_operation, load_creation, replace_operation
from shared.sync.domain.operations import SyncError, SyncOperation, error_of


async def convert(key: str, *, context: Context) -> Versioned[Customer]:
    """Give a pending customer an account number; any other customer stays as it is.

    A refusal makes the customer SyncFailed, with the reason in the operation. The number is taken
    before the commit that uses it: a crash in between leaves a gap in the sequence, and never two
    customers with one number. Raises CustomerNotFound, Unavailable.
    """

    number: str | None = None

    async def decide(customer: Customer) -> Decision:
        nonlocal number
        creation = await load_creation(customer.id, context)
        if customer.sync_status != "PendingSync" or creation is None:
            return Decision(customer)
        try:
            await check_named(customer, context)
            # Once: where another writer comes first, the decision is taken again.
            number = number or await take_account_number(customer, context)
        except Unavailable:
            raise
        except Refusal as exc:
            error = error_of(exc, context.now)
            operation = creation.map(lambda pending: pending.failed(error, permanent=True))
            return _decision(evolve(customer, sync_status="SyncFailed"), operation, context)
        operation = creation.map(lambda pending: pending.completed(context.now))
        synced = evolve(customer, sync_status="Synced", account_number=number)
        return _decision(synced, operation, context)

    return await change(
        key, decide, if_match=ANY, context=context, feature=None, passes=WHILE_RESTRICTED
    )


async def resynchronize(key: str, *, context: Context) -> Versioned[Customer]:
    """Convert the customer now, also after a failure; what is down now, the queue tries again.

    Raises CustomerNotFound.
    """
    customer = await _reopen(key, context)
    with suppress(Unavailable):
        return await convert(key, context=context)
    return customer


async def resend_command(key: str, *, context: Context) -> SyncOperation | None:
    """Have the command of a pending customer sent again by the outbox; return its operation.

    An operation that is not pending is returned unchanged. Raises Stale.
    """
    creation = await load_creation(key, context)
    if creation is None:
        return None
    if creation.value.status == "Pending":
        creation = creation.map(lambda pending: pending.requested_again(context.now))
        await commit_operation(creation, context)
    return creation.value


async def note_failed_attempt(key: str, code: str, detail: str, *, context: Context) -> None:
    """Write into the operation that an attempt failed; if that is not possible now, skip it."""
    with suppress(Unavailable, Stale):
        creation = await load_creation(key, context)
        if creation and creation.value.status == "Pending":
            error = SyncError(code=code, detail=detail, at=context.now)
            failed = creation.map(lambda pending: pending.failed(error, permanent=False))
            await commit_operation(failed, context)


async def _reopen(key: str, context: Context) -> Versioned[Customer]:
    """Make a failed customer pending again."""

    async def decide(customer: Customer) -> Decision:
        creation = await load_creation(customer.id, context)
        if customer.sync_status != "SyncFailed" or creation is None:
            return Decision(customer)
        operation = creation.map(lambda failed: failed.requested_again(context.now))
        return _decision(evolve(customer, sync_status="PendingSync"), operation, context)

    return await change(
        key, decide, if_match=ANY, context=context, feature=None, passes=WHILE_RESTRICTED
    )


def _decision(
    customer: Customer, operation: Versioned[SyncOperation], context: Context
) -> Decision:
    changed = evolve(customer, modified_at=context.now, modified_by=context.actor)
    return Decision(changed, [replace_operation(operation)])
