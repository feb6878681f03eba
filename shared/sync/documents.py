"""Documents of synchronization: operations, lists of the unsynchronized, marks and failures."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from shared.context import Context
from shared.core.upgrades import Upgrade, upgrade
from shared.core.values import as_text
from shared.core.versioned import Versioned
from shared.customers.domain.events import RETENTION_SECONDS
from shared.ports.documents import (
    Condition,
    Create,
    Document,
    Documents,
    Equal,
    Operation,
    Order,
    Partition,
    Put,
    Range,
    Remove,
    Replace,
)
from shared.sync.domain.failures import Failure
from shared.sync.domain.operations import OperationStatus, SyncOperation

CUSTOMERS: Final = "customers"  # the container of operations, in the customer's partition
DIRECTORY: Final = "directory"  # the container of the lists of pending and failed customers
REQUESTS: Final = "requests"  # the container of relay marks and failures
SYNC_OPERATION: Final = "sync-operation"
RELAYED: Final = "relayed"
FAILURE: Final = "failure"
FAILURE_RETENTION_SECONDS: Final = 30 * 86400
LIST_PAGE_SIZE: Final = 100
SCHEMA_VERSION: Final = 1
UPGRADES: Mapping[int, Upgrade] = {}
OLDEST_FIRST = Order(("type", "createdAt"))
FIRST_VERSION = 1  # of a customer: that of the operation which created it


@dataclass(frozen=True, slots=True)
class OperationPage:
    """`continuation` is None on the last page."""

    operations: Sequence[SyncOperation]
    continuation: str | None


@dataclass(frozen=True, slots=True)
class RelayMark:
    """The newest version of a customer whose event was relayed, and when."""

    version: int
    at: datetime


def operation_document(operation: SyncOperation) -> dict[str, Any]:
    return operation.model_dump(mode="json", by_alias=True) | {
        "id": _operation_id(operation.version),
        "type": SYNC_OPERATION,
        "createdAt": as_text(operation.asked_at),
        "schemaVersion": SCHEMA_VERSION,
    }


def create_operation(operation: SyncOperation) -> Operation:
    return Create(operation_document(operation))


def replace_operation(operation: Versioned[SyncOperation]) -> Operation:
    """Return what writes over exactly the version that was read."""
    return Replace(operation_document(operation.value), operation.etag)


def operation_in(body: Mapping[str, Any]) -> SyncOperation | None:
    """Return the operation in a changed document of the customers container, if it is one."""
    return _operation_of(body) if body.get("type") == SYNC_OPERATION else None


def progress_of(numbers: Mapping[str, Any]) -> int:
    """Return how often an operation was changed: each change is a request or an attempt."""
    return int(numbers.get("asked", 0)) + int(numbers.get("attempts", 0))


async def load_creation(key: str, context: Context) -> Versioned[SyncOperation] | None:
    """Return the operation that created the customer; None if the customer never was pending."""
    document = await context.documents.read(
        CUSTOMERS, context.partition(key), _operation_id(FIRST_VERSION)
    )
    return Versioned(_operation_of(document.body), document.etag) if document else None


async def query_operations(
    key: str, *, limit: int, continuation: str | None, context: Context
) -> OperationPage:
    """Return the operations of a customer, oldest first. One query."""
    page = await context.documents.query(
        CUSTOMERS,
        context.partition(key),
        Equal("type", SYNC_OPERATION),
        order=OLDEST_FIRST,
        limit=limit,
        continuation=continuation,
    )
    operations = [_operation_of(document.body) for document in page.documents]
    return OperationPage(operations, page.continuation)


async def commit_operation(operation: Versioned[SyncOperation], context: Context) -> None:
    """Write over exactly the version that was read. Raises Stale."""
    partition = context.partition(operation.value.customer_id)
    await context.documents.commit(CUSTOMERS, partition, [replace_operation(operation)])


async def query_listed(
    status: OperationStatus,
    *,
    requested_from: datetime | None,
    limit: int,
    continuation: str | None,
    context: Context,
) -> OperationPage:
    """Return the conversions of a company in this list, oldest first. One query."""
    page = await context.documents.query(
        DIRECTORY,
        list_partition(context.legal_entity, status),
        _requested(requested_from, None),
        limit=limit,
        continuation=continuation,
    )
    return OperationPage([_listed(document) for document in page.documents], page.continuation)


async def all_listed(
    status: OperationStatus, *, requested_before: datetime | None = None, context: Context
) -> AsyncIterator[SyncOperation]:
    """Yield the conversions of a company in this list, oldest first. A query for each hundred."""
    documents = context.documents.all(
        DIRECTORY,
        list_partition(context.legal_entity, status),
        _requested(None, requested_before),
        page_size=LIST_PAGE_SIZE,
    )
    async for document in documents:
        yield _listed(document)


async def update_lists(operation: SyncOperation, documents: Documents) -> None:
    """Put the conversion into the list of its status, and remove it from the others."""
    entry_id = f"{as_text(operation.asked_at)} {operation.customer_id}"
    entry = {
        "id": entry_id,
        "operation": operation.model_dump(mode="json", by_alias=True),
        "schemaVersion": SCHEMA_VERSION,
    }
    # The feed may skip versions: after a failure the conversion may be in either list.
    lists: list[OperationStatus] = ["Pending", "Failed"]
    if operation.asked == 1 and operation.status != "Failed":
        lists.remove("Failed")
    await asyncio.gather(
        *(
            documents.commit(
                DIRECTORY,
                list_partition(operation.legal_entity, status),
                [Put(entry) if status == operation.status else Remove(entry_id)],
            )
            for status in lists
        )
    )


async def find_relay_mark(customer_id: str, documents: Documents) -> RelayMark | None:
    """Return how far the events of a customer have been relayed. One point read."""
    document = await documents.read(REQUESTS, (f"{RELAYED}:{customer_id}",), RELAYED)
    if document is None:
        return None
    body = _newest(document.body)
    return RelayMark(body["version"], datetime.fromisoformat(body["at"]))


async def put_relay_mark(customer_id: str, mark: RelayMark, documents: Documents) -> None:
    await _put_request(
        f"{RELAYED}:{customer_id}",
        RELAYED,
        {"version": mark.version, "at": as_text(mark.at), "ttl": RETENTION_SECONDS},
        documents,
    )


async def find_failure(message_id: str, documents: Documents) -> Failure | None:
    """Return why the last delivery of a message failed, if it was written. One point read."""
    document = await documents.read(REQUESTS, (f"{FAILURE}:{message_id}",), FAILURE)
    return Failure.model_validate(_newest(document.body)) if document else None


async def put_failure(message_id: str, failure: Failure, documents: Documents) -> None:
    fields = failure.model_dump(mode="json", by_alias=True) | {
        "at": as_text(failure.at),
        "ttl": FAILURE_RETENTION_SECONDS,
    }
    await _put_request(f"{FAILURE}:{message_id}", FAILURE, fields, documents)


async def _put_request(
    key: str, document_id: str, fields: Mapping[str, Any], documents: Documents
) -> None:
    body = {"id": document_id, "key": key, **fields, "schemaVersion": SCHEMA_VERSION}
    await documents.commit(REQUESTS, (key,), [Put(body)])


def _newest(body: Mapping[str, Any]) -> dict[str, Any]:
    return upgrade(dict(body), UPGRADES, SCHEMA_VERSION)


def _operation_of(body: Mapping[str, Any]) -> SyncOperation:
    return SyncOperation.model_validate(_newest(body))


def _listed(document: Document) -> SyncOperation:
    return SyncOperation.model_validate(_newest(document.body)["operation"])


def list_partition(legal_entity: str, status: OperationStatus) -> Partition:
    return (f"sync {status.lower()}", legal_entity)


def _requested(start: datetime | None, end: datetime | None) -> Condition:
    """The id of an entry begins with the moment of the first request."""
    return Range("id", *(as_text(moment) if moment else None for moment in (start, end)))


def _operation_id(version: int) -> str:
    return f"sync:{version:012d}"
