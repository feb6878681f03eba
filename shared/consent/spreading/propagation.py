"""A decision reaches everybody who has the contact point, and a new holder what was decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple

from shared.consent.domain.points import Point
from shared.consent.domain.purposes import CUSTOMER
from shared.consent.points import Holding, PointKey, follow, query_holders
from shared.consent.spreading.ends import enlist_ends
from shared.consent.spreading.renewing import renew
from shared.consent.spreading.versions import customer_at, followed_by, holding_of_newest
from shared.context import Context
from shared.core.concurrency import side_by_side

AT_ONCE: Final = 16
PAGE_SIZE: Final = 100
MAX_HOLDERS_AT_ONCE: Final = 500  # of a message; the rest goes into another one


@dataclass(frozen=True, slots=True)
class Place:
    """How far a spread has come: at which of the points, and after which holder."""

    point: int = 0
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Spread:
    """What one message did: how many holders were written, and where to go on, if anywhere.

    `holders` is how many the most common of the points has.
    """

    written: int
    rest: Place | None = None
    holders: int = 0


async def propagate(key: str, version: int, place: Place, *, context: Context) -> Spread:
    """Follow one version of a customer: register holders, join decisions, write other holders.

    Repeating it changes nothing. Raises Unavailable, also where the store does not show the
    version yet.
    """
    followed = await followed_by(key, version, context)
    await customer_at(key, version, context)
    written, room, holders = 0, MAX_HOLDERS_AT_ONCE, 0
    for index, point_key in list(enumerate(followed.points))[place.point :]:
        settlings = [one for one in followed.settlings if one.point == point_key]
        find = partial(holding_of_newest, key, point_key, context)
        point, own = await follow(point_key, find, settlings, context)
        await enlist_ends(settlings, context)
        holders = max(holders, point.holders)
        if not settlings or point_key.kind == CUSTOMER:
            # A holder came, or went: nothing changes for the others.
            written += await _write([own], point_key, point, context)
            continue
        if room <= 0:
            return Spread(written, Place(index), holders)
        after = place.after if index == place.point else None
        some = await write_all(point_key, point, after, room, context)
        written, room = written + some.written, room - some.seen
        if some.after:
            return Spread(written, Place(index, some.after), holders)
    return Spread(written, None, holders)


class Written(NamedTuple):
    """How many holders were looked at and written; `after` whom to go on, if more are left."""

    seen: int
    written: int
    after: str | None


async def write_all(
    key: PointKey, point: Point, after: str | None, room: int, context: Context
) -> Written:
    """Let holders show what is in force, page by page, until there is no room for more."""
    seen = written = 0
    while seen < room:
        holders = await query_holders(key, after, limit=PAGE_SIZE, context=context)
        written += await _write(holders, key, point, context)
        seen += len(holders)
        if len(holders) < PAGE_SIZE:
            return Written(seen, written, None)
        after = holders[-1].customer_id
    return Written(seen, written, after)


async def _write(holders: Sequence[Holding], key: PointKey, point: Point, context: Context) -> int:
    """Let the holders show what is in force; return how many did not."""
    write = partial(renew, key=key, point=point, context=context)
    return sum(await side_by_side(holders, write, at_once=AT_ONCE))
