"""Conflicts as documents of their channel, and what is held back behind them."""

from typing import Any, Final

from shared.context import Context
from shared.core.values import Record, as_text
from shared.core.versioned import Versioned
from shared.offline.documents import CONTAINER, SCHEMA_VERSION, STOP, newest, read, result_document
from shared.offline.domain.conflicts import ConflictStatus, OfflineConflict
from shared.offline.domain.uploads import RETENTION_SECONDS, OfflineOperation, UploadedOperation
from shared.ports.documents import (
    Create,
    Document,
    Equal,
    Operation,
    Order,
    Page,
    Put,
    Remove,
    Replace,
)

CONFLICT: Final = "upload-conflict"
FOREVER_SECONDS: Final = -1
OLDEST_FIRST = Order(("type", "createdAt"))


class Stop(Record):
    """What the later operations of a customer wait behind, and how many of them do."""

    customer_id: str
    operation_id: str
    held: int = 0


class HeldOperation(Record):
    """An operation that waits behind a stop."""

    session: str
    line: int
    operation: OfflineOperation


async def query_conflicts(
    channel: str,
    status: ConflictStatus,
    *,
    limit: int,
    continuation: str | None,
    context: Context,
) -> Page:
    """Return the documents of the channel's conflicts, oldest first. One query."""
    return await context.documents.query(
        CONTAINER,
        context.partition(channel),
        Equal("type", CONFLICT),
        Equal("status", status),
        order=OLDEST_FIRST,
        limit=limit,
        continuation=continuation,
    )


async def load_conflict(
    channel: str, operation_id: str, context: Context
) -> Versioned[OfflineConflict] | None:
    """Return the conflict of an operation. One point read."""
    document = await read(channel, f"{CONFLICT}:{operation_id}", context)
    return conflict_of(document) if document else None


def conflict_of(document: Document) -> Versioned[OfflineConflict]:
    return Versioned(OfflineConflict.model_validate(newest(document)), document.etag)


async def load_stop(channel: str, customer_id: str, context: Context) -> Versioned[Stop] | None:
    """Return what the operations of a customer wait behind, if anything. One point read."""
    document = await read(channel, stop_id(customer_id), context)
    return Versioned(Stop.model_validate(newest(document)), document.etag) if document else None


async def load_held(channel: str, customer_id: str, context: Context) -> list[HeldOperation]:
    """Return what is held back for a customer, oldest first: sessions are named by time."""
    held = context.documents.all(
        CONTAINER, context.partition(channel), Equal("heldFor", customer_id), page_size=100
    )
    return [HeldOperation.model_validate(newest(document)) async for document in held]


def create_held(
    result: UploadedOperation, session_id: str, operation: OfflineOperation, customer_id: str
) -> Operation:
    """Return what writes the result of a line that is held back, with its operation."""
    held = {
        "operation": operation.model_dump(mode="json", by_alias=True),
        "session": session_id,
        "heldFor": customer_id,
        "ttl": FOREVER_SECONDS,
    }
    return Create(result_document(result, session_id) | held)


def create_stop(stop: Stop) -> Operation:
    return Create(_stop_document(stop))


def replace_stop(stop: Versioned[Stop], newer: Stop) -> Operation:
    return Replace(_stop_document(newer), stop.etag)


def remove_stop(stop: Versioned[Stop]) -> list[Operation]:
    """Return what removes exactly the version that was read."""
    return [Replace(_stop_document(stop.value), stop.etag), Remove(stop_id(stop.value.customer_id))]


def write_conflict(conflict: OfflineConflict, etag: str | None) -> Operation:
    document = _conflict_document(conflict)
    return Replace(document, etag) if etag else Create(document)


def put_conflict(conflict: OfflineConflict) -> Operation:
    return Put(_conflict_document(conflict))


def stop_id(customer_id: str) -> str:
    return f"{STOP}:{customer_id}"


def _stop_document(stop: Stop) -> dict[str, Any]:
    return stop.model_dump(mode="json", by_alias=True) | {
        "id": stop_id(stop.customer_id),
        "type": STOP,
        "schemaVersion": SCHEMA_VERSION,
    }


def _conflict_document(conflict: OfflineConflict) -> dict[str, Any]:
    """Return its document; one that is open stays until it is decided."""
    return conflict.model_dump(mode="json", by_alias=True) | {
        "id": f"{CONFLICT}:{conflict.operation_id}",
        "type": CONFLICT,
        "createdAt": as_text(conflict.found_at),
        "schemaVersion": SCHEMA_VERSION,
        "ttl": FOREVER_SECONDS if conflict.status == "Open" else RETENTION_SECONDS,
    }
