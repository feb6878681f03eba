"""Erased customers: their contact points stay withdrawn, by their hashes, if nobody has them."""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.consent.domain.preferences import can_be_decided
from shared.consent.domain.purposes import CUSTOMER
from shared.consent.holding_points import forget_value, leave_point
from shared.consent.points import PointKey, point_of, read_point, remove_own_point
from shared.consent.purposes import every_purpose
from shared.context import Context
from shared.core.retry import ANY
from shared.customers.change import Decision, change
from shared.customers.domain.customers import EVERYWHERE, Customer
from shared.customers.domain.decisions import CONSENT, PointName, Said, Statement
from shared.customers.holdings.noted import Noted, NotedPoint


async def suppress(noted: Noted, context: Context) -> int:
    """Take the customer out of all points; suppress those that nobody else has.

    Return how many points that were. A point that others have keeps its decision. Repeating it
    changes nothing. Raises Unavailable.
    """
    for point in noted.points:
        is_left = await leave_point(point.kind, point.hash, noted.customer_id, context)
        if is_left:
            await _withdraw(point, noted, context)
            await forget_value(point.kind, point.hash, noted.customer_id, context)
    await remove_own_point(noted.customer_id, context)
    return len(noted.points)


async def _withdraw(point: NotedPoint, noted: Noted, context: Context) -> None:
    """Record that nothing may be sent there, for each purpose that needs no contract."""
    stored = (await read_point(PointKey(point.kind, "", point.hash), context)).value
    said = []
    for purpose in await every_purpose(context):
        is_out = stored.is_withdrawn(purpose.name, purpose.channels_of(point.kind))
        if can_be_decided(purpose, point.kind) and not is_out:
            name = PointName(point.kind, point.hash)
            said.append(
                Said("", "OptedOut", purpose.name, source="Erasure", is_proven=True, point=name)
            )
    if not said:
        return

    async def decide(customer: Customer) -> Decision:
        return Decision(customer, details={CONSENT: Statement(said)})

    await change(
        noted.customer_id, decide, if_match=ANY, context=context, feature=None, passes=EVERYWHERE
    )


def points_of(customer: Customer, context: Context) -> Iterator[NotedPoint]:
    """Yield the points of the customer's contacts."""
    for contact in customer.contacts:
        if point := point_of(contact):
            yield NotedPoint(kind=point.kind, normal=point.normal, hash=point.name(context))


def _named(notes: Any, context: Context) -> Iterator[NotedPoint]:
    """Yield the points that notes of an event name by their values."""
    if isinstance(notes, list):
        for item in notes:
            yield from _named(item, context)
    if isinstance(notes, dict):
        kind, normal = notes.get("kind"), notes.get("normal")
        if kind and normal and kind != CUSTOMER:
            name = context.point_names.name(context.legal_entity, kind, normal)
            yield NotedPoint(kind=kind, normal=normal, hash=name)
        for item in notes.values():
            yield from _named(item, context)


def named_points(event: Mapping[str, Any], context: Context) -> Iterator[NotedPoint]:
    """Yield the points that an event notes by their values."""
    yield from _named(event.get("notes", {}), context)
