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
from shared.customers.documents import load
from shared.customers.domain.customers import Customer
from shared.ports.documents import (
    Create,
    Document,
    Documents,
    Equal,
    Operation,
    Order,
    Put,
    Range,
    Remove,
)
from shared.sync.domain.operations import OF_CUSTOMER, OperationStatus, SyncOperation

SYNC_OPERATION = "sync-operation"
OLDEST_FIRST = Order(("type", "createdAt"))
Listed = tuple[list[SyncOperation], str | None]
Between = tuple[datetime | None, datetime | None]


def at_first(customer: Customer, told: Create, context: Context) -> list[Operation]:
    """Return what a creation writes beside the customer: a pending one asks for its number."""
    if customer.sync_status == "Synced":
        return []
    return [Create(document_of(_operation("create", customer, told, context)))]


def meanwhile(before: Customer, after: Customer, told: Create, context: Context) -> list[Operation]:
    """Return what a change writes beside a customer that is not synchronized yet."""
    if after.sync_status == "Synced" or before.sync_status != after.sync_status:
        return []
    return [Create(document_of(_operation("edit", after, told, context)))]


def _operation(kind: str, customer: Customer, told: Create, context: Context) -> SyncOperation:
    return SyncOperation.model_validate(
        {
            "kind": kind,
            "legal_entity": customer.legal_entity,
            "customer_id": customer.id,
            "channel": customer.store_number,
            "version": customer.version,
            "asked_at": context.now,
            "asked_by": context.actor,
            "asked_last": context.now,
            "traceparent": context.traceparent,
            "changes": told.body["event"]["data"]["changes"],
        }
    )


def document_of(operation: SyncOperation) -> dict[str, Any]:
    return operation.model_dump(mode="json", by_alias=True) | {
        "id": document_id(operation.version),
        "type": SYNC_OPERATION,
        "createdAt": as_text(operation.asked_at),
    }


def document_id(version: int) -> str:
    return f"sync:{version:012d}"


async def creation_of(key: str, context: Context) -> tuple[SyncOperation, str] | None:
    """Return the operation that made the customer, and its version; None if that was at once."""
    document = await context.documents.read("customers", context.place(key), document_id(1))
    return (SyncOperation.model_validate(document.body), document.etag) if document else None


async def list_operations(
    key: str, *, limit: int, continuation: str | None, context: Context
) -> Listed:
    """Return the operations of a customer, oldest first. One point read and one query."""
    customer, page = await asyncio.gather(
        load(context.documents, context.legal_entity, key),
        context.documents.query(
            "customers",
            context.place(key),
            Equal("type", SYNC_OPERATION),
            order=OLDEST_FIRST,
            limit=limit,
            continuation=continuation,
        ),
    )
    return [_standing(one, customer) for one in page.documents], page.continuation


def _standing(document: Document, customer: Customer) -> SyncOperation:
    """Return the operation as it stands: edits are synchronized with the customer itself."""
    operation = SyncOperation.model_validate(document.body)
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
