"""What is kept of an upload in the partition of its channel: results, conflicts, and stops."""

from typing import Any

from shared.core.values import as_text
from shared.offline.domain.uploads import OfflineConflict, UploadedOperation

CONTAINER = "distribution"
KEPT = 90 * 86400  # seconds that a session, and what became of its lines, can be asked about
RESULT, CONFLICT, STOP = "upload-result", "upload-conflict", "upload-stop"


def stop_document(conflict: OfflineConflict, held: int = 0) -> dict[str, Any]:
    return {
        "id": stop_id(conflict.customer_id),
        "type": STOP,
        "operationId": conflict.operation_id,
        "held": held,
    }


def result_document(result: UploadedOperation, session_id: str) -> dict[str, Any]:
    return result.model_dump(mode="json", by_alias=True) | {
        "id": result_id(session_id, result.line),
        "type": RESULT,
        "ttl": KEPT,
    }


def conflict_document(conflict: OfflineConflict) -> dict[str, Any]:
    """Return its document; one that is open stays until it is decided."""
    return conflict.model_dump(mode="json", by_alias=True) | {
        "id": conflict_id(conflict.operation_id),
        "type": CONFLICT,
        "createdAt": as_text(conflict.found_at),
        "ttl": -1 if conflict.status == "Open" else KEPT,
    }


def stop_id(customer: str) -> str:
    return f"{STOP}:{customer}"


def conflict_id(operation_id: str) -> str:
    return f"{CONFLICT}:{operation_id}"


def result_id(session_id: str, line: int) -> str:
    return f"{RESULT}:{session_id}:{line:07d}"
