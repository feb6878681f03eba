"""How far the index is behind what was committed."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from shared.context import Context
from shared.core.concurrency import side_by_side
from shared.core.values import as_text
from shared.customers.copies import copy_customer
from shared.customers.directory.walking import WalkPosition, walk
from shared.distribution.domain.entries import Entry
from shared.distribution.domain.scopes import CUSTOMERS
from shared.distribution.index.customers import is_indexed

# Where many are created each second the newest say nothing of a feed that is minutes behind.
SAMPLED_AFTER: Final = (
    timedelta(days=1), timedelta(hours=1), timedelta(minutes=10), timedelta(minutes=3),
    timedelta(seconds=90),
)  # fmt: skip
SAMPLE: Final = 5  # customers of each age


def lag_of(entries: Iterable[Entry], now: datetime) -> float | None:
    """Return how many seconds ago the first of these customers was committed; None without any."""
    moments = [
        datetime.fromisoformat(entry.row["modifiedAt"])
        for entry in entries
        if entry.table == CUSTOMERS and entry.row
    ]
    return (now - min(moments)).total_seconds() if moments else None


async def index_lag(context: Context) -> float:
    """Return for how many seconds the index has lacked a customer; 0 where it lacks none.

    Looks at the first customers who were created in the last day, hour, ten minutes, and so on, in
    the version that they have now: so it notices a feed that stands still. A query and ten reads
    for each of these times at most. Raises Unavailable.
    """
    keys: set[str] = set()
    for age in SAMPLED_AFTER:
        begin = context.now - age
        position = WalkPosition(begin.year, as_text(begin))
        keys |= set((await walk(position, limit=SAMPLE, context=context)).keys)

    async def waiting(key: str) -> float:
        return await _waiting(key, context)

    return max(await side_by_side(keys, waiting, at_once=SAMPLE), default=0.0)


async def _waiting(key: str, context: Context) -> float:
    customer = await copy_customer(key, context)
    if customer is None or customer.row is None:  # nothing is left of it, nor need be indexed
        return 0.0
    if await is_indexed(key, customer.version, context):
        return 0.0
    return (context.now - customer.modified_at).total_seconds()
