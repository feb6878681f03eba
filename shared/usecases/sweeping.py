"""Finding who waits too long, and asking for them again; harmless when nobody does."""

from datetime import timedelta

from shared.errors import Stale
from shared.usecases.conversion import ask_again
from shared.usecases.errand import Errand
from shared.usecases.sync_operations import document_of, enlist, list_unsynchronized

LATE = timedelta(seconds=120)
PAGE = 100


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


async def _ask(key: str, errand: Errand) -> bool:
    try:
        operation = await ask_again(key, errand=errand)
    except Stale:
        return False  # it is being worked on this moment
    if operation and operation.status != "Pending":
        await enlist(document_of(operation), errand.documents)
        return False
    return operation is not None
