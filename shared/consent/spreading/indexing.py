"""Points of customers who were stored before there were any: what their contacts say is joined."""

from functools import partial
from typing import Final

from shared.consent.points import follow, point_of
from shared.consent.recording.older import shown_before
from shared.consent.spreading.renewing import renew
from shared.consent.spreading.versions import customer_at, holding_of_newest
from shared.context import Context

FIRST_SCHEMA_WITH_POINTS: Final = 4  # of stored customers


async def index_points(key: str, version: int, *, context: Context) -> int:
    """Register a customer at the points of the contacts, with what these say; return how many.

    Repeating it changes nothing. Raises Unavailable.
    """
    customer = await customer_at(key, version, context)
    settlings = shown_before(customer)
    points = {found for one in customer.contacts if (found := point_of(one))}
    for key_ in sorted(points, key=str):
        said = [one for one in settlings if one.point == key_]
        find = partial(holding_of_newest, key, key_, context)
        point, own = await follow(key_, find, said, context)
        await renew(own, key=key_, point=point, context=context)
    return len(points)
