"""Going through the customers of a company of an older version, until all points are known."""

from functools import partial
from typing import Final

from shared.consent.building import built_up_to, is_building, note_built
from shared.consent.points import holds, point_of
from shared.consent.spreading.indexing import index_points
from shared.context import Context
from shared.core.concurrency import side_by_side
from shared.customers.customers import read_customer
from shared.customers.directory.walking import walk
from shared.customers.domain.customers import CustomerNotFound

PAGE_SIZE: Final = 100
AT_ONCE: Final = 8


async def go_on_building(context: Context, *, pages: int) -> int:
    """Look at the next customers of a company that is building; return how many were indexed.

    What the feed has not brought yet is indexed here, so that the end of the walk is the end.
    """
    if not await is_building(context):
        return 0
    indexed, position = 0, await built_up_to(context)
    for _ in range(pages):
        page = await walk(position, limit=PAGE_SIZE, context=context)
        index = partial(_index, context=context)
        indexed += sum(await side_by_side(page.keys, index, at_once=AT_ONCE))
        position = page.position
        if position is None:
            break
    await note_built(position, context)
    return indexed


async def _index(key: str, *, context: Context) -> bool:
    """Index a customer who is not registered at each of the points; return whether that was so."""
    try:
        customer = (await read_customer(key, context=context)).value
    except CustomerNotFound:
        return False
    points = {point for contact in customer.contacts if (point := point_of(contact))}
    for point in points:
        if not await holds(key, point, context):
            await index_points(key, customer.version, context=context)
            return True
    return False
