"""Why a message could not be worked off: noted beside the bus, which keeps no words of ours."""

from contextlib import suppress
from datetime import datetime

from shared.core.errors import Unavailable
from shared.core.values import Record, as_text
from shared.ports.documents import Documents, Put

FAILURE = "failure"
KEPT = 30 * 86400  # seconds
LONGEST_REASON = 500


class Failure(Record):
    """What was said when a message failed the last time."""

    code: str
    detail: str
    at: datetime


async def note_failure(message_id: str, failure: Failure, documents: Documents) -> None:
    """Write it down; where even that is not possible, the message fails without words."""
    [key] = place = _place(message_id)
    body = {
        "id": FAILURE,
        "key": key,
        "code": failure.code,
        "detail": failure.detail[:LONGEST_REASON],
        "at": as_text(failure.at),
        "ttl": KEPT,
    }
    with suppress(Unavailable):
        await documents.commit("requests", place, [Put(body)])


async def failure_of(message_id: str, documents: Documents) -> Failure | None:
    found = await documents.read("requests", _place(message_id), FAILURE)
    return Failure.model_validate(found.body) if found else None


def _place(message_id: str) -> tuple[str]:
    return (f"{FAILURE}:{message_id}",)
