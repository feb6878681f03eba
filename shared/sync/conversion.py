"""Giving pending customers their account numbers."""

from contextlib import suppress

from shared.context import Context
from shared.core.errors import Refusal, Stale, Unavailable
from shared.core.evolve import evolve
from shared.core.retry import ANY
from shared.core.versioned import Versioned
from shared.customers.change import Decide, Decision, change
from shared.customers.creation.numbering import take_account_number
from shared.customers.domain.customers import Customer
from shared.customers.named_settings import check_named
from shared.sync.documents import read_creation, replace_operation, replacement
from shared.sync.domain.operations import SyncError, SyncOperation, error_of


async def convert(key: str, *, context: Context) -> Versioned[Customer]:
    """Give a pending customer its account number; any other stays as it is.

    What stands in the way for good makes it SyncFailed, with the reason in its operation. The
    number is taken before the commit that uses it: who dies in between leaves a gap in the
    sequence, and no two customers with one number. Raises CustomerNotFound, Unavailable.
    """

    async def decide(customer: Customer) -> Decision:
        creation = await read_creation(customer.id, context)
        if customer.sync_status != "PendingSync" or creation is None:
            return Decision(customer)
        operation, etag = creation.value, creation.etag
        try:
            await check_named(customer, context)
            number = await take_account_number(customer, context)
        except Unavailable:
            raise
        except Refusal as exc:
            operation = operation.failed(error_of(exc, context.now), for_good=True)
            failed = evolve(customer, sync_status="SyncFailed")
            return _decision(failed, context, operation, etag)
        synced = evolve(customer, sync_status="Synced", account_number=number)
        return _decision(synced, context, operation.done(context.now), etag)

    return await change(key, decide, if_match=ANY, context=context, feature=None)


async def resynchronize(key: str, *, context: Context) -> Versioned[Customer]:
    """Try now, whatever became of it before; what is not possible now, the queue tries again.

    Raises CustomerNotFound.
    """
    customer = await change(key, _asked_again(context), if_match=ANY, context=context, feature=None)
    with suppress(Unavailable):
        return await convert(key, context=context)
    return customer


async def ask_again(key: str, *, context: Context) -> SyncOperation | None:
    """Have the command sent again for a customer that still waits; return how it stands."""
    creation = await read_creation(key, context)
    if creation is None:
        return None
    operation, etag = creation.value, creation.etag
    if operation.status == "Pending":
        operation = operation.asked_again(context.now)
        await replace_operation(operation, etag, context)
    return operation


async def note_failure(key: str, code: str, detail: str, *, context: Context) -> None:
    """Write down that an attempt has failed; if that is not possible now, it is not written."""
    with suppress(Unavailable, Stale):
        creation = await read_creation(key, context)
        if creation and creation.value.status == "Pending":
            error = SyncError(code=code, detail=detail, at=context.now)
            failed = creation.value.failed(error, for_good=False)
            await replace_operation(failed, creation.etag, context)


def _asked_again(context: Context) -> Decide:
    async def decide(customer: Customer) -> Decision:
        creation = await read_creation(customer.id, context)
        if customer.sync_status != "SyncFailed" or creation is None:
            return Decision(customer)
        operation, etag = creation.value, creation.etag
        pending = evolve(customer, sync_status="PendingSync")
        return _decision(pending, context, operation.asked_again(context.now), etag)

    return decide


def _decision(changed: Customer, context: Context, operation: SyncOperation, etag: str) -> Decision:
    changed = evolve(changed, modified_at=context.now, modified_by=context.actor)
    return Decision(changed, [replacement(operation, etag)])
