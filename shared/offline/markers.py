"""What says beside a customer which operations of channels were applied."""

from collections.abc import Sequence
from typing import Final

from shared.context import Context
from shared.core.values import Record, as_text
from shared.offline.documents import SCHEMA_VERSION, newest
from shared.offline.domain.conflicts import DecisionKind
from shared.offline.domain.uploads import OfflineOperation
from shared.ports.documents import Create, Operation

CUSTOMERS: Final = "customers"
MARKER: Final = "uploaded"
RETENTION_SECONDS: Final = 90 * 86400  # that an operation is known to have been applied


class Marker(Record):
    """An operation that was applied, or discarded."""

    decision: DecisionKind | None


def create_marker(
    operation: OfflineOperation, decision: DecisionKind | None, context: Context
) -> Operation:
    return Create(
        {
            "id": marker_id(operation),
            "type": MARKER,
            "createdAt": as_text(context.now),
            "decision": decision,
            "schemaVersion": SCHEMA_VERSION,
            "ttl": RETENTION_SECONDS,
        }
    )


async def find_marker(operation: OfflineOperation, key: str, context: Context) -> Marker | None:
    """Return what says that the operation was applied to the customer. One point read."""
    partition = context.partition(key)
    marker = await context.documents.read(CUSTOMERS, partition, marker_id(operation))
    return Marker.model_validate(newest(marker)) if marker else None


async def commit_with_customer(
    key: str, operations: Sequence[Operation], context: Context
) -> list[str]:
    """Do all operations in the customer's partition or none. Raises AlreadyExists."""
    return await context.documents.commit(CUSTOMERS, context.partition(key), operations)


def marker_id(operation: OfflineOperation) -> str:
    return f"{MARKER}:{operation.operation_id}"
