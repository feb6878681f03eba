"""Synchronization over HTTP: its audit, trying again, and where a customer is."""

from datetime import datetime
from typing import Annotated, Literal

import azure.functions as func
from pydantic import Field

from functions._customer import REFUSES, customer_key
from functions._http import Call, NoQuery, Operation, PageOf, PageQuery, Reply, serve
from shared.customers.views import CustomerView, customer_view
from shared.sync.conversion import resynchronize
from shared.sync.domain.operations import SyncOperation
from shared.sync.operations import list_operations, list_unsynchronized
from shared.sync.trace import Trace, trace_customer

bp = func.Blueprint()

STATUS: dict[str, Literal["Pending", "Failed"]] = {"pending": "Pending", "failed": "Failed"}


class UnsynchronizedQuery(PageQuery):
    status: Annotated[
        Literal["pending", "failed"], Field(description="Who waits, or who cannot go on")
    ] = "failed"
    since: Annotated[datetime | None, Field(description="Asked for at this moment or later")] = None


@serve(
    bp,
    Operation(
        "GET",
        "customers/{customerId}/sync-operations",
        who="EAH",
        returns=PageOf[SyncOperation],
        tag="Synchronization",
        refuses=REFUSES,
    ),
)
async def list_sync_operations(call: Call[PageQuery, None]) -> Reply:
    """List what was synchronized of a customer that was made asynchronously, oldest first.

    Its creation, and each edit that was made before it had an account number, with old and new
    values. A customer that was made at once has none.
    """
    key = await customer_key(call)
    found, after = await list_operations(
        key, limit=call.query.limit, continuation=call.position(), context=call.context
    )
    return Reply(call.page(_views(found), after))


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
    """List the creations of this company that failed, or that wait, oldest first."""
    found, after = await list_unsynchronized(
        STATUS[call.query.status],
        asked=(call.query.since, None),
        limit=call.query.limit,
        continuation=call.position(),
        context=call.context,
    )
    return Reply(call.page(_views(found), after))


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
    """Try now to give a customer its account number. Corrects nothing by itself.

    `syncStatus` of the answer tells how it went, its sync-operations why.
    """
    key = await customer_key(call)
    customer = await resynchronize(key, context=call.context)
    return Reply(customer_view(customer.value), etag=customer.etag)


@serve(
    bp,
    Operation(
        "GET",
        "customers/{customerId}/trace",
        who="EAH",
        returns=Trace,
        tag="Synchronization",
        refuses=REFUSES,
    ),
)
async def trace_one_customer(call: Call[NoQuery, None]) -> Reply:
    """Tell where a customer is: committed, relayed, converted, found, and what is late by what."""
    key = await customer_key(call)
    trace = await trace_customer(key, context=call.context)
    return Reply(trace, etag=f"{trace.version}-{int(trace.as_of.timestamp() * 1000)}")


def _views(operations: list[SyncOperation]) -> list[dict[str, object]]:
    return [one.model_dump(mode="json", by_alias=True) for one in operations]
