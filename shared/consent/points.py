"""Points as documents of the directory: the only place that knows where they are kept."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from shared.consent.domain.points import Point, Stamp
from shared.consent.domain.purposes import CUSTOMER
from shared.context import Context
from shared.core.evolve import evolve
from shared.core.retry import until_not_stale
from shared.core.versioned import Versioned
from shared.customers.domain.contacts import Contact
from shared.customers.domain.customers import Customer
from shared.customers.domain.decisions import Channel
from shared.ports.documents import Create, Document, Operation, Put, Range, Remove, Replace

CONTAINER: Final = "directory"
POINT: Final = "point"
HOLDER: Final = "holder:"
NOT_STORED: Final = ""
SCHEMA_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class PointKey:
    """A contact point of a company: its kind, and its value in normal form, or its hash alone."""

    kind: str
    normal: str
    hash: str = ""

    def name(self, context: Context) -> str:
        if self.hash:
            return self.hash
        return context.point_names.name(context.legal_entity, self.kind, self.normal)


@dataclass(frozen=True, slots=True)
class Settling:
    """A decision to be joined to its point."""

    point: PointKey
    stamp: Stamp
    purpose: str
    channel: Channel | None
    is_strong: bool


@dataclass(frozen=True, slots=True)
class Holding:
    """A customer who has a point, in these contacts; none: who has it no more.

    `is_held` if nothing is to be sent to it because of this customer.
    """

    customer_id: str
    contact_ids: tuple[str, ...]
    primary: bool = False
    is_held: bool = field(default=False, compare=False)

    def write(self, stored: "Holding | None") -> Operation | None:
        """Return what makes the point say so; None where it does."""
        if self == stored or not (self.contact_ids or stored):
            return None
        name = f"{HOLDER}{self.customer_id}"
        if not self.contact_ids:
            return Remove(name)
        return Put(
            {
                "id": name,
                "type": "holder",
                "contactIds": list(self.contact_ids),
                "primary": self.primary,
                "schemaVersion": SCHEMA_VERSION,
            }
        )


def holding(customer: Customer, key: PointKey) -> Holding:
    """Return whether and where the customer has the point."""
    contacts = [contact for contact in customer.contacts if point_of(contact) == key]
    primary = any(contact.primary for contact in contacts)
    contact_ids = tuple(contact.id for contact in contacts)
    return Holding(customer.id, contact_ids, primary, customer.is_held and bool(contacts))


def point_of(contact: Contact) -> PointKey | None:
    """Return the point of an e-mail or a phone; None where there is none."""
    if contact.kind == "url" or contact.normal is None:
        return None
    return PointKey(contact.kind, contact.normal)


async def read_point(key: PointKey, context: Context) -> Versioned[Point]:
    """Return the point as every process has left it; an empty one if nobody said anything yet.

    One point read, at twice the price.
    """
    [point] = await read_points([key], context)
    return point


async def read_points(keys: Sequence[PointKey], context: Context) -> list[Versioned[Point]]:
    """Return the points as `read_point` does, in the order of their keys. One point read each."""
    partitions = [context.partition(bucket(key.name(context))) for key in keys]
    documents = await context.documents.read_newest_in_each(CONTAINER, partitions, POINT)
    return [_versioned(document, key) for document, key in zip(documents, keys, strict=True)]


async def follow(
    key: PointKey,
    find: Callable[[], Awaitable[Holding]],
    settlings: Sequence[Settling],
    context: Context,
) -> tuple[Point, Holding]:
    """Register or remove a holder and join decisions, in one commit; return both after it.

    Both write the point, so a decision and a holder who comes at the same moment have an order,
    and the later one sees the earlier. `find` tells who holds what, and is asked once the point
    was read: an older message must not undo what a newer one did. Raises Unavailable.
    """
    name = key.name(context)

    async def attempt() -> tuple[Point, Holding]:
        stored = await _load(key, context)
        holding = await find()
        holder = await _load_holder(name, holding.customer_id, context)
        after = _with_holder(with_decisions(stored.value, settlings), key, holding, holder)
        write = holding.write(holder)
        # Written also where nothing changes: whoever lists the holders next sees all before it.
        await _write(name, after, stored, context, also=[write] if write else [])
        return after, holding

    return await until_not_stale(attempt, turn=context.turn("point", name))


async def release(key: PointKey, customer_id: str, context: Context, *, drops_value: bool) -> int:
    """Take a customer out of a point, and its value if nobody has it; return how many have it.

    Repeating it changes nothing. Raises Unavailable.
    """
    name = key.name(context)

    async def attempt() -> int:
        stored = await _load(key, context)
        if stored.etag == NOT_STORED:
            return 0
        holder = await _load_holder(name, customer_id, context)
        after = _with_holder(stored.value, key, Holding(customer_id, ()), holder)
        if drops_value and not after.holders:
            after = evolve(after, value=None)
        if holder or after != stored.value:
            also = [Remove(f"{HOLDER}{customer_id}")] if holder else []
            await _write(name, after, stored, context, also=also)
        return after.holders

    return await until_not_stale(attempt, turn=context.turn("point", name))


async def remove_own_point(customer_id: str, context: Context) -> None:
    """Remove the point that is the person: what was decided about them, and no address."""
    partition = context.partition(bucket(PointKey(CUSTOMER, customer_id).name(context)))
    await context.documents.commit(CONTAINER, partition, [Remove(POINT)])


def _with_holder(point: Point, key: PointKey, holding: Holding, holder: Holding | None) -> Point:
    """Return the point with the holder counted, and held or not because of them."""
    change = bool(holding.contact_ids) - (holder is not None)
    others = [held for held in point.held if held != holding.customer_id]
    held = tuple(sorted([*others, holding.customer_id] if holding.is_held else others))
    value = point.value or (key.normal if holding.contact_ids else None)
    return evolve(point, holders=point.holders + change, held=held, value=value)


async def holds(customer_id: str, key: PointKey, context: Context) -> bool:
    """Return whether the customer is registered at the point. One point read."""
    return await _load_holder(key.name(context), customer_id, context) is not None


async def query_holders(
    key: PointKey, after: str | None, *, limit: int, context: Context
) -> list[Holding]:
    """Return the next holders, from right after the customer `after`. One query."""
    start = HOLDER if after is None else f"{HOLDER}{after}\x01"
    page = await context.documents.query(
        CONTAINER,
        context.partition(bucket(key.name(context))),
        Range("id", start, f"{HOLDER}~"),
        limit=limit,
    )
    return [holding_of(document) for document in page.documents]


async def settle_all(
    settlings: Sequence[Settling], known: Mapping[PointKey, Versioned[Point]], context: Context
) -> None:
    """Join the decisions to their points, side by side. `known` saves reading them once more.

    As long as the deadline allows. Raises Unavailable.
    """
    by_point: dict[PointKey, list[Settling]] = {}
    for one in settlings:
        by_point.setdefault(one.point, []).append(one)
    await asyncio.gather(
        *(_settle(key, of_point, known.get(key), context) for key, of_point in by_point.items())
    )


async def _settle(
    key: PointKey,
    settlings: Sequence[Settling],
    known: Versioned[Point] | None,
    context: Context,
) -> None:
    name = key.name(context)

    async def attempt() -> None:
        nonlocal known
        stored, known = known or await _load(key, context), None
        after = with_decisions(stored.value, settlings)
        if after is not stored.value:
            await _write(name, after, stored, context)

    await until_not_stale(attempt, turn=context.turn("point", name))


def with_decisions(point: Point, settlings: Sequence[Settling]) -> Point:
    for one in settlings:
        point = point.joined(one.stamp, one.purpose, one.channel, is_strong=one.is_strong)
    return point


def holding_of(document: Document) -> Holding:
    body = document.body
    customer_id = document.id.removeprefix(HOLDER)
    return Holding(customer_id, tuple(body["contactIds"]), body["primary"])


def bucket(name: str) -> str:
    return f"{POINT}:{name}"


def point_in(document: Document) -> Point:
    return Point.model_validate(document.body)


def point_document(point: Point) -> dict[str, Any]:
    body = point.model_dump(mode="json", by_alias=True)
    return body | {"id": POINT, "type": POINT, "schemaVersion": SCHEMA_VERSION}


def _versioned(document: Document | None, key: PointKey) -> Versioned[Point]:
    """Return the point; an empty one has no version."""
    if document is None:
        return Versioned(Point(kind=key.kind, value=key.normal or None), NOT_STORED)
    return Versioned(point_in(document), document.etag)


async def _load(key: PointKey, context: Context) -> Versioned[Point]:
    partition = context.partition(bucket(key.name(context)))
    return _versioned(await context.documents.read(CONTAINER, partition, POINT), key)


async def _load_holder(name: str, customer_id: str, context: Context) -> Holding | None:
    partition = context.partition(bucket(name))
    document = await context.documents.read(CONTAINER, partition, f"{HOLDER}{customer_id}")
    return holding_of(document) if document else None


async def _write(
    name: str,
    point: Point,
    stored: Versioned[Point],
    context: Context,
    *,
    also: Sequence[Operation] = (),
) -> None:
    body = point_document(point)
    is_new = stored.etag == NOT_STORED
    operation: Operation = Create(body) if is_new else Replace(body, stored.etag)
    partition = context.partition(bucket(name))
    await context.documents.commit(CONTAINER, partition, [operation, *also])
