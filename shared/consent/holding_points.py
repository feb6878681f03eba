"""Contact points of customers whose data is not to be used, or is to be erased."""

from functools import partial
from typing import Final

from shared.consent.points import PointKey, follow, point_of, release
from shared.consent.spreading.versions import holding_of_newest
from shared.context import Context
from shared.core.concurrency import side_by_side
from shared.core.errors import Unavailable
from shared.customers.domain.customers import Customer

AT_ONCE: Final = 16


async def hold_points(customer: Customer, context: Context) -> None:
    """Let each point of the customer know at once whether it is held because of them.

    What cannot be written now follows from the event of the version.
    """
    points = {point for contact in customer.contacts if (point := point_of(contact))}

    async def know(key: PointKey) -> None:
        find = partial(holding_of_newest, customer.id, key, context)
        try:
            await follow(key, find, [], context)
        except Unavailable:
            return

    await side_by_side(sorted(points, key=str), know, at_once=AT_ONCE)


async def leave_point(kind: str, point_hash: str, customer_id: str, context: Context) -> bool:
    """Take the customer out of a point; return whether nobody has it any more."""
    key = PointKey(kind, "", point_hash)
    return await release(key, customer_id, context, drops_value=False) == 0


async def forget_value(kind: str, point_hash: str, customer_id: str, context: Context) -> None:
    """Drop the value of a point that nobody has: what is in force stays, by its hash."""
    await release(PointKey(kind, "", point_hash), customer_id, context, drops_value=True)
