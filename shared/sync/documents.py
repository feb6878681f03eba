"""Sync operations as documents of the customer's partition."""

from typing import Any, Final

from shared.context import Context
from shared.core.values import as_text
from shared.core.versioned import Versioned
from shared.ports.documents import Document, Equal, Order, Page, Replace
from shared.sync.domain.operations import SyncOperation

CUSTOMERS: Final = "customers"
SYNC_OPERATION: Final = "sync-operation"
SCHEMA_VERSION: Final = 1
OLDEST_FIRST = Order(("type", "createdAt"))
FIRST_VERSION = 1  # of a customer: that of the operation which created it


def operation_document(operation: SyncOperation) -> dict[str, Any]:
    return operation.model_dump(mode="json", by_alias=True) | {
        "id": operation_id(operation.version),
        "type": SYNC_OPERATION,
        "createdAt": as_text(operation.asked_at),
        "schemaVersion": SCHEMA_VERSION,
    }


def operation_of(document: Document) -> Versioned[SyncOperation]:
    return Versioned(SyncOperation.model_validate(document.body), document.etag)


def operation_id(version: int) -> str:
    return f"sync:{version:012d}"


async def read_creation(key: str, context: Context) -> Versioned[SyncOperation] | None:
    """Return the operation that created the customer; None if it never was pending."""
    partition = context.partition(key)
    document = await context.documents.read(CUSTOMERS, partition, operation_id(FIRST_VERSION))
    return operation_of(document) if document else None


async def query_operations(
    key: str, *, limit: int, continuation: str | None, context: Context
) -> Page:
    """Return the operations of a customer, oldest first. One query."""
    return await context.documents.query(
        CUSTOMERS,
        context.partition(key),
        Equal("type", SYNC_OPERATION),
        order=OLDEST_FIRST,
        limit=limit,
        continuation=continuation,
    )


async def replace_operation(operation: SyncOperation, etag: str, context: Context) -> None:
    """Write over exactly the version that was read. Raises Stale."""
    partition = context.partition(operation.customer_id)
    await context.documents.commit(CUSTOMERS, partition, [replacement(operation, etag)])


def replacement(operation: SyncOperation, etag: str) -> Replace:
    return Replace(operation_document(operation), etag)
