"""Which erasures have to be looked at now."""

from datetime import timedelta
from typing import Final, NamedTuple

from shared.context import Context
from shared.privacy.documents import all_due

OVERDUE_AFTER: Final = timedelta(days=1)


class DueErasures(NamedTuple):
    """The customers, and of how many the erasure is a day late."""

    keys: list[str]
    overdue: int


async def due_erasures(context: Context) -> DueErasures:
    """Return what is due. One query for each page."""
    due = [(key, at) async for key, at in all_due(context) if at <= context.now]
    overdue = sum(at + OVERDUE_AFTER <= context.now for _, at in due)
    return DueErasures([key for key, _ in due], overdue)
