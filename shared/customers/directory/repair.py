"""Writing what the directory lacks because the writer of a customer did not get that far."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from shared.context import Context
from shared.core.versioned import Versioned
from shared.customers import documents as customers
from shared.customers.directory.entries import index, is_listed
from shared.customers.domain.customers import Customer, CustomerNotFound
from shared.ports.changes import check_reached

WRITER_SECONDS = 1.5  # that the writer of a change has for its directory entries

Told = tuple[str, int, Context]  # a customer, the version that the feed told of, where to look


async def repair(changes: Sequence[Told]) -> int:
    """Index the changed customers that are not in the directory as they are; return how many.

    A writer that is still at work is given time to finish: overtaking it would be work done
    twice. Raises Unavailable, and Lagging where a customer is read who is older than was told.
    """
    missing = [(change, customer) for change in changes if (customer := await _missing(*change))]
    if not missing:
        return 0
    youngest = max(customer.value.modified_at for _, customer in missing)
    age_seconds = (datetime.now(UTC) - youngest).total_seconds()
    await asyncio.sleep(max(0.0, WRITER_SECONDS - age_seconds))
    repaired = 0
    for change, _ in missing:
        if customer := await _missing(*change):
            await index(customer, None, change[-1])
            repaired += 1
    return repaired


async def _missing(key: str, version: int, context: Context) -> Versioned[Customer] | None:
    """Return the customer unless the directory says what they are. Two point reads."""
    customer = await _load(key, version, context)
    return None if await is_listed(customer.value, context) else customer


async def _load(key: str, version: int, context: Context) -> Versioned[Customer]:
    """Return the customer, at least as new as was told. Raises Lagging."""
    try:
        customer = await customers.load(key, context)
    except CustomerNotFound:
        check_reached(None, version)
        raise
    check_reached(customer.value.version, version)
    return customer
