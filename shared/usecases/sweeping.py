"""Finding who waits too long, and asking for them again; harmless when nobody does."""

from dataclasses import dataclass
from datetime import timedelta

from shared.errors import Stale
from shared.usecases.conversion import ask_again
from shared.usecases.errand import Errand
from shared.usecases.sync_operations import document_of, enlist, list_unsynchronized

LATE = timedelta(seconds=120)
PAGE = 100
MOST_COUNTED = 1000


async def sweep(errand: Errand) -> int:
    """Ask again for each customer that nobody has asked for in a while; return how many.

    The list follows the customers by the change feed; what it says too much is put right here.
    """
    asked, continuation = 0, None
    cutoff = errand.now - LATE
    while True:
        waiting, continuation = await list_unsynchronized(
            "Pending", asked=(None, cutoff), limit=PAGE, continuation=continuation, errand=errand
        )
        for one in waiting:
            if one.asked_last <= cutoff:
                asked += await _ask(one.customer_id, errand)
        if continuation is None:
            return asked


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many wait for an account number, up to a thousand, and the longest for how many seconds.

    The list that is counted follows the customers by the change feed.
    """

    count: int = 0
    longest: float = 0.0


async def count_waiting(errand: Errand) -> Waiting:
    """Return who waits in this company now. One query for each hundred of them."""
    count, oldest, continuation = 0, errand.now, None
    while count < MOST_COUNTED:
        found, continuation = await list_unsynchronized(
            "Pending", limit=PAGE, continuation=continuation, errand=errand
        )
        count += len(found)
        oldest = min([oldest, *(one.asked_at for one in found)])
        if continuation is None:
            break
    return Waiting(count, (errand.now - oldest).total_seconds())


async def _ask(key: str, errand: Errand) -> bool:
    try:
        operation = await ask_again(key, errand=errand)
    except Stale:
        return False  # it is being worked on this moment
    if operation and operation.status != "Pending":
        await enlist(document_of(operation), errand.documents)
        return False
    return operation is not None
