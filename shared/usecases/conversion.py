"""Giving pending customers their account numbers."""

from contextlib import suppress

from shared.domain.customers import Customer
from shared.domain.sync_operations import SyncError, SyncOperation, error_of
from shared.errors import Refusal, Stale, Unavailable
from shared.ports import Replace
from shared.usecases.changes import ANY, Decide, Decision, change
from shared.usecases.customer_creation import account_number
from shared.usecases.customer_settings import check_named
from shared.usecases.errand import Errand
from shared.usecases.sync_operations import creation_of, document_of


async def convert(key: str, *, errand: Errand) -> Customer:
    """Give a pending customer its account number; any other stays as it is.

    What stands in the way for good makes it SyncFailed, with the reason in its operation. The
    number is taken before the commit that uses it: who dies in between leaves a gap in the
    sequence, and no two customers with one number. Raises CustomerNotFound, Unavailable.
    """

    async def decide(customer: Customer) -> Decision:
        creation = await creation_of(customer.id, errand)
        if customer.sync_status != "PendingSync" or creation is None:
            return Decision(customer)
        operation, etag = creation
        try:
            await check_named(customer, errand)
            number = await account_number(customer, errand)
        except Unavailable:
            raise
        except Refusal as exc:
            failed = operation.failed(error_of(exc, errand.now), for_good=True)
            return _decision(customer, errand, failed, etag, sync_status="SyncFailed")
        return _decision(
            customer, errand, operation.done(errand.now), etag,
            sync_status="Synced", account_number=number,
        )  # fmt: skip

    return await change(key, decide, if_match=ANY, errand=errand, feature=None)


async def resynchronize(key: str, *, errand: Errand) -> Customer:
    """Try now, whatever became of it before; what is not possible now, the queue tries again.

    Raises CustomerNotFound.
    """
    customer = await change(key, _asked_again(errand), if_match=ANY, errand=errand, feature=None)
    with suppress(Unavailable):
        return await convert(key, errand=errand)
    return customer


async def ask_again(key: str, *, errand: Errand) -> SyncOperation | None:
    """Have the command sent again for a customer that still waits; return how it stands."""
    creation = await creation_of(key, errand)
    if creation is None:
        return None
    operation, etag = creation
    if operation.status == "Pending":
        operation = operation.asked_again(errand.now)
        await _rewrite(operation, etag, errand)
    return operation


async def note_failure(key: str, code: str, detail: str, *, errand: Errand) -> None:
    """Write down that an attempt has failed; if that is not possible now, it is not written."""
    with suppress(Unavailable, Stale):
        creation = await creation_of(key, errand)
        if creation and creation[0].status == "Pending":
            error = SyncError(code=code, detail=detail, at=errand.now)
            await _rewrite(creation[0].failed(error, for_good=False), creation[1], errand)


def _asked_again(errand: Errand) -> Decide:
    async def decide(customer: Customer) -> Decision:
        creation = await creation_of(customer.id, errand)
        if customer.sync_status != "SyncFailed" or creation is None:
            return Decision(customer)
        operation, etag = creation
        return _decision(
            customer, errand, operation.asked_again(errand.now), etag, sync_status="PendingSync"
        )

    return decide


def _decision(
    customer: Customer, errand: Errand, operation: SyncOperation, etag: str, **update: str
) -> Decision:
    changed = customer.model_copy(
        update={**update, "modified_at": errand.now, "modified_by": errand.actor}
    )
    return Decision(changed, [Replace(document_of(operation), etag)])


async def _rewrite(operation: SyncOperation, etag: str, errand: Errand) -> None:
    place = errand.place(operation.customer_id)
    await errand.documents.commit("customers", place, [Replace(document_of(operation), etag)])
