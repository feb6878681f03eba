"""Finding who waits too long, and asking for them again; harmless when nobody does."""

from dataclasses import dataclass
from datetime import timedelta

from shared.context import Context
from shared.core.errors import Stale
from shared.sync.conversion import ask_again
from shared.sync.documents import operation_document
from shared.sync.operations import enlist, list_unsynchronized

LATE = timedelta(seconds=120)
PAGE = 100
MOST_COUNTED = 1000


async def sweep(context: Context) -> int:
    """Ask again for each customer that nobody has asked for in a while; return how many.

    The list follows the customers by the change feed; what it says too much is put right here.
    """
    asked, continuation = 0, None
    cutoff = context.now - LATE
    while True:
        waiting, continuation = await list_unsynchronized(
            "Pending", asked=(None, cutoff), limit=PAGE, continuation=continuation, context=context
        )
        for one in waiting:
            if one.asked_last <= cutoff:
                asked += await _ask(one.customer_id, context)
        if continuation is None:
            return asked


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many wait for an account number, up to a thousand, and the longest for how many seconds.

    The list that is counted follows the customers by the change feed.
    """

    count: int = 0
    longest: float = 0.0


async def count_waiting(context: Context) -> Waiting:
    """Return who waits in this company now. One query for each hundred of them."""
    count, oldest, continuation = 0, context.now, None
    while count < MOST_COUNTED:
        found, continuation = await list_unsynchronized(
            "Pending", limit=PAGE, continuation=continuation, context=context
        )
        count += len(found)
        oldest = min([oldest, *(one.asked_at for one in found)])
        if continuation is None:
            break
    return Waiting(count, (context.now - oldest).total_seconds())


async def _ask(key: str, context: Context) -> bool:
    try:
        operation = await ask_again(key, context=context)
    except Stale:
        return False  # it is being worked on this moment
    if operation and operation.status != "Pending":
        await enlist(operation_document(operation), context.documents)
        return False
    return operation is not None
