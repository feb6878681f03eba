"""Finding what is stored about a customer, and emptying it: the same for each holding."""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Final, NamedTuple

from shared.context import Context
from shared.core.concurrency import side_by_side
from shared.customers.holdings.copies import Copies
from shared.customers.holdings.holding import Body, Found, Holding
from shared.customers.holdings.noted import Noted
from shared.ports.documents import Operation, Partition, Remove, Replace

OPERATIONS_IN_COMMIT: Final = 90
AT_ONCE: Final = 16

Holdings = Sequence[Holding]
Place = tuple[str, Partition]


def copies_of(holdings: Holdings) -> Copies | None:
    """Return the copies that channels keep of what is held, if they keep any."""
    return next((holding.copies for holding in holdings if holding.copies), None)


class Left(NamedTuple):
    """A document that an erasure has to change still, and what stays of it."""

    found: Found
    after: Body | None


async def left_of(holdings: Holdings, noted: Noted, context: Context) -> AsyncIterator[Left]:
    """Yield what is still to be emptied."""
    for holding in holdings:
        async for found in holding.find(noted, context):
            after = holding.empty(found.document.body, noted)
            if after != found.document.body:
                yield Left(found, after)


async def empty(holdings: Holdings, noted: Noted, context: Context) -> int:
    """Empty it; return how many documents were changed. Repeating it changes nothing.

    Raises Stale where somebody else writes one of them, and Unavailable.
    """
    in_place = [holding for holding in holdings if holding.erase is None]
    changes = [left async for left in left_of(in_place, noted, context)]
    erased = [await one.erase(noted, context) for one in holdings if one.erase]
    return sum(erased) + await write_left(changes, context)


async def write_left(changes: Sequence[Left], context: Context) -> int:
    """Write what stays of these documents; return how many they were.

    Raises Stale where somebody else writes one of them, and Unavailable.
    """
    by_place: defaultdict[Place, list[Operation]] = defaultdict(list)
    for left in changes:
        by_place[left.found.container, left.found.partition].append(_operation(left))
    commits = [
        (place, operations[start : start + OPERATIONS_IN_COMMIT])
        for place, operations in by_place.items()
        for start in range(0, len(operations), OPERATIONS_IN_COMMIT)
    ]
    await side_by_side(commits, partial(_commit, context=context), at_once=AT_ONCE)
    return sum(len(operations) for _, operations in commits)


async def _commit(commit: tuple[Place, list[Operation]], *, context: Context) -> None:
    (container, partition), operations = commit
    await context.documents.commit(container, partition, operations)


def _operation(left: Left) -> Operation:
    document = left.found.document
    if left.after is None:
        return Remove(document.id)
    return Replace(dict(left.after), document.etag)
