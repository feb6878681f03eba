"""Finding customers that are pending for too long, and sending their commands again."""

from dataclasses import dataclass

from shared.context import Context
from shared.core.errors import Stale
from shared.core.retry import late_after
from shared.sync.conversion import resend_command
from shared.sync.documents import all_listed, update_lists

MAX_COUNTED = 1000


@dataclass(frozen=True, slots=True)
class PendingCustomers:
    """How many await an account number, up to a thousand, and for how long at most.

    The list that is counted follows the customers by the change feed.
    """

    count: int = 0
    longest_wait_seconds: float = 0.0


async def resend_late_commands(context: Context) -> int:
    """Send the command of each customer again that has not been sent for a while.

    Returns how many. A command that was sent again before may just be waiting in a queue that is
    behind, which more commands would make longer: it is given more time with each request. The
    list follows the customers by the change feed; entries that should have left it are removed
    here.
    """
    cutoff = context.now - late_after(1)
    resent = 0
    async for operation in all_listed("Pending", requested_before=cutoff, context=context):
        if operation.asked_last + late_after(operation.asked) <= context.now:
            resent += await _resend(operation.customer_id, context)
    return resent


async def count_pending(context: Context) -> PendingCustomers:
    """Return who is pending in this company now. One query for each hundred of them."""
    count, oldest = 0, context.now
    async for operation in all_listed("Pending", context=context):
        count += 1
        oldest = min(oldest, operation.asked_at)
        if count >= MAX_COUNTED:
            break
    return PendingCustomers(count, (context.now - oldest).total_seconds())


async def _resend(key: str, context: Context) -> bool:
    try:
        operation = await resend_command(key, context=context)
    except Stale:
        return False  # the customer is being converted at this moment
    if operation and operation.status != "Pending":
        await update_lists(operation, context.documents)
        return False
    return operation is not None
