"""Opt-ins that have ended are taken back from the contacts that still show them.

Who reads a contact or a point sees the end by itself; this is for those who follow events.
"""

from shared.consent.points import PointKey, read_point
from shared.consent.spreading.ends import delist_end, point_of_end, query_ended
from shared.consent.spreading.propagation import MAX_HOLDERS_AT_ONCE, write_all
from shared.context import Context


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
    whole, written, after = PointKey(key.kind, point.value), 0, None
    while True:
        some = await write_all(whole, point, after, MAX_HOLDERS_AT_ONCE, context)
        written, after = written + some.written, some.after
        if after is None:
            return written
