"""Opt-ins that have ended are taken back from the contacts that still show them.

Who reads a contact or a point sees the end by itself; this is for those who follow events.
"""

from functools import partial

from shared.consent.points import PointKey, query_holders, read_point
from shared.consent.spreading.ends import delist_end, point_of_end, query_ended
from shared.consent.spreading.propagation import AT_ONCE, PAGE_SIZE
from shared.consent.spreading.renewing import renew
from shared.context import Context
from shared.core.concurrency import side_by_side


async def expire(context: Context, *, limit: int) -> int:
    """Let the holders of points whose opt-ins have ended show it; return how many were written.

    At most `limit` points. Repeating it changes nothing. Raises Unavailable.
    """
    written = 0
    for document in await query_ended(context, limit=limit):
        written += await _expire(point_of_end(document), context)
        await delist_end(document, context)
    return written


async def _expire(key: PointKey, context: Context) -> int:
    """Write the holders who still show what is over."""
    point = (await read_point(key, context)).value
    if point.value is None:
        return 0
    whole = PointKey(key.kind, point.value)
    write = partial(renew, key=whole, point=point, context=context)
    written, after = 0, None
    while True:
        holders = await query_holders(whole, after, limit=PAGE_SIZE, context=context)
        written += sum(await side_by_side(holders, write, at_once=AT_ONCE))
        if len(holders) < PAGE_SIZE:
            return written
        after = holders[-1].customer_id
