"""The version of a customer that an event tells of, read again: nothing is handed over."""

from shared.consent.points import Holding, PointKey, holding
from shared.consent.spreading.followed import Followed
from shared.context import Context
from shared.customers.customers import read_customer, read_event, read_newest_customer
from shared.customers.domain.customers import Customer, CustomerNotFound
from shared.customers.domain.decisions import CONSENT
from shared.ports.changes import check_reached


async def followed_by(key: str, version: int, context: Context) -> Followed:
    """Return what follows from the version, as its event has it. Raises Lagging."""
    event = await read_event(key, version, context=context)
    check_reached(None if event is None else version, version)
    notes = event.get("notes", {}).get(CONSENT, {}) if event else {}
    return Followed.of(notes)


async def holding_of_newest(key: str, point: PointKey, context: Context) -> Holding:
    """Return whether and where the customer has the point now, whoever changed it last."""
    customer = await read_newest_customer(key, context=context)
    return holding(customer, point) if customer else Holding(key, ())


async def customer_at(key: str, version: int, context: Context) -> Customer:
    """Return the customer, at least as new as the version. Raises Lagging."""
    try:
        customer = (await read_customer(key, context=context)).value
    except CustomerNotFound:
        check_reached(None, version)
        raise
    check_reached(customer.version, version)
    return customer
