"""Synchronization over HTTP: its audit, and trying again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

import azure.functions as func
from pydantic import Field

from functions._customer import REFUSES, customer_key
from functions._http.trigger import Call, NoQuery, Operation, PageOf, PageQuery, Reply, serve
from shared.customers.views import CustomerView, customer_view
from shared.sync.conversion import resynchronize
from shared.sync.domain.operations import SyncOperation
from shared.sync.operations import list_operations, list_unsynchronized

bp = func.Blueprint()

STATUS: dict[str, Literal["Pending", "Failed"]] = {"pending": "Pending", "failed": "Failed"}


class UnsynchronizedQuery(PageQuery):
    status: Annotated[
        Literal["pending", "failed"], Field(description="Filter by status: pending or failed")
    ] = "failed"
    since: Annotated[
        datetime | None, Field(description="Only customers created at this moment or later")
    ] = None


@serve(
    bp,
    Operation(
        "GET",
        "customers/{customerId}/sync-operations",
        who="AH",
        returns=PageOf[SyncOperation],
        tag="Synchronization",
        refuses=REFUSES,
    ),
)
async def list_sync_operations(call: Call[PageQuery, None]) -> Reply:
    """List the synchronization operations of a customer, oldest first.

    The creation, and each edit made before the customer had an account number, with old and new
    values. A customer that was not created asynchronously has none.
    """
    key = await customer_key(call)
    page = await list_operations(
        key, limit=call.query.limit, continuation=call.position(), context=call.context
    )
    return Reply(call.page(_views(page.operations), page.continuation))


@serve(
    bp,
    Operation(
        "GET",
        "sync-operations",
        who="H",
        returns=PageOf[SyncOperation],
        tag="Synchronization",
    ),
)
async def list_unsynchronized_customers(call: Call[UnsynchronizedQuery, None]) -> Reply:
    """List the pending or failed customers of the company, oldest first.

    Each as the synchronization operation that created the customer.
    """
    page = await list_unsynchronized(
        STATUS[call.query.status],
        requested_from=call.query.since,
        limit=call.query.limit,
        continuation=call.position(),
        context=call.context,
    )
    return Reply(call.page(_views(page.operations), page.continuation))


@serve(
    bp,
    Operation(
        "POST",
        "customers/{customerId}/resync",
        who="HA",
        returns=CustomerView,
        tag="Synchronization",
        refuses=REFUSES,
    ),
)
async def resync_customer(call: Call[NoQuery, None]) -> Reply:
    """Retry the synchronization of a customer now.

    Nothing is corrected by that: correct the customer or the configuration first. `syncStatus` of
    the answer says whether it succeeded, the customer's sync-operations say why not.
    """
    key = await customer_key(call)
    customer = await resynchronize(key, context=call.context)
    return Reply(customer_view(customer.value, call.now), etag=customer.etag)


def _views(operations: Sequence[SyncOperation]) -> list[dict[str, object]]:
    return [operation.model_dump(mode="json", by_alias=True) for operation in operations]
