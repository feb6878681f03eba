"""Keeping the audit of synchronization, and the lists of who waits and who failed.

An operation is a document in the partition of its customer, written in the same commit as what it
tells of. Who is not yet synchronized stands in a list of the company too, which follows by the
change feed: so an administrator and the sweeper ask one partition, not all of them.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.context import Context
from shared.core.evolve import evolve
from shared.core.values import as_text
from shared.customers.customers import read_customer
from shared.customers.domain.customers import Customer
from shared.ports.documents import Documents, Put, Range, Remove
from shared.sync.documents import operation_of, query_operations
from shared.sync.domain.operations import OF_CUSTOMER, OperationStatus, SyncOperation

Listed = tuple[list[SyncOperation], str | None]
Between = tuple[datetime | None, datetime | None]


async def list_operations(
    key: str, *, limit: int, continuation: str | None, context: Context
) -> Listed:
    """Return the operations of a customer, oldest first. One point read and one query."""
    customer, page = await asyncio.gather(
        read_customer(key, context=context),
        query_operations(key, limit=limit, continuation=continuation, context=context),
    )
    operations = [operation_of(document).value for document in page.documents]
    return [_with_status(one, customer.value) for one in operations], page.continuation


def _with_status(operation: SyncOperation, customer: Customer) -> SyncOperation:
    """Return the operation with its status: edits are synchronized with the customer itself."""
    if operation.kind == "create":
        return operation
    return evolve(operation, status=OF_CUSTOMER[customer.sync_status])


async def list_unsynchronized(
    status: OperationStatus,
    *,
    asked: Between = (None, None),
    limit: int,
    continuation: str | None,
    context: Context,
) -> Listed:
    """Return the conversions of a company that are pending or failed, oldest first. One query.

    `asked` is when the first of them may have been asked for, and before when the last.
    """
    page = await context.documents.query(
        "directory",
        _list(context.legal_entity, status),
        Range("id", *(as_text(moment) if moment else None for moment in asked)),
        limit=limit,
        continuation=continuation,
    )
    found = [SyncOperation.model_validate(one.body["operation"]) for one in page.documents]
    return found, page.continuation


async def enlist(body: Mapping[str, Any], documents: Documents) -> None:
    """Put the operation into the list that it belongs to now, and out of the others."""
    operation = SyncOperation.model_validate(body)
    name = f"{as_text(operation.asked_at)} {operation.customer_id}"
    entry = {"id": name, "operation": operation.model_dump(mode="json", by_alias=True)}
    # Who has failed once may stand in either list, whatever the feed has skipped in between.
    lists: list[OperationStatus] = ["Pending", "Failed"]
    if operation.asked == 1 and operation.status != "Failed":
        lists.remove("Failed")
    await asyncio.gather(
        *(
            documents.commit(
                "directory",
                _list(operation.legal_entity, one),
                [Put(entry) if one == operation.status else Remove(name)],
            )
            for one in lists
        )
    )


def _list(legal_entity: str, status: OperationStatus) -> tuple[str, str]:
    return (legal_entity, f"sync {status.lower()}")
