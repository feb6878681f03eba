"""Why messages could not be processed: written beside the bus, which keeps only its own reason."""

from contextlib import suppress

from shared.core.errors import Unavailable
from shared.core.evolve import evolve
from shared.ports.documents import Documents
from shared.sync.documents import find_failure, put_failure
from shared.sync.domain.failures import Failure

MAX_DETAIL_LENGTH = 500


async def note_failed_delivery(message_id: str, failure: Failure, documents: Documents) -> None:
    """Write why the delivery failed; if the store is down too, the reason is lost."""
    with suppress(Unavailable):
        shortened = evolve(failure, detail=failure.detail[:MAX_DETAIL_LENGTH])
        await put_failure(message_id, shortened, documents)


async def failure_of(message_id: str, documents: Documents) -> Failure | None:
    """Return why the last delivery of the message failed, if it was written."""
    return await find_failure(message_id, documents)
