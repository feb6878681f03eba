"""What is known of a contact point: what is in force there, and who has it."""

from collections.abc import Iterator
from functools import partial
from typing import Final, Literal

from pydantic import Field

from shared.consent.checks import ContactPoint
from shared.consent.domain.points import Point, Register, purpose_and_channel
from shared.consent.points import Holding, PointKey, query_holders, read_point
from shared.consent.recording.gathering import unlike
from shared.context import Context
from shared.core.concurrency import side_by_side
from shared.core.values import Instant, Record
from shared.customers.customers import read_customer
from shared.customers.domain.customers import CustomerNotFound
from shared.customers.domain.decisions import Channel, Decision, LedgerSource
from shared.customers.domain.normal_forms import normalize

AT_ONCE: Final = 16


class PointConsent(Record):
    """What is in force at a contact point about one purpose and channel."""

    purpose: str = Field(description="What the decision is about", examples=["Marketing"])
    channel: Channel | None = Field(description="Its channel; null for all of the kind")
    decision: Decision = Field(description="The decision in force", examples=["OptedIn"])
    source: LedgerSource | None = Field(description="Where it was taken")
    decided_at: Instant = Field(description="When it was taken")
    valid_until: Instant | None = Field(description="When it ends; null if it has no end")
    strength: Literal["Strong", "Weak"] = Field(
        description="Strong where it is a withdrawal, proven, or the customer's own"
    )


class PointHolder(Record):
    """A customer who has the contact point."""

    customer_id: str = Field(description="GUID of the customer")
    contact_id: str = Field(description="Id of the contact point at the customer", examples=["1"])
    primary: bool = Field(description="Whether it is the primary one of its kind")
    applied: bool = Field(description="Whether the customer shows what is in force already")


class PointHolderPage(Record):
    """Customers who have the contact point."""

    items: tuple[PointHolder, ...] = Field(description="In the order of their GUIDs")
    next_cursor: str | None = Field(
        description="What to send as `cursor` for the next page; null on the last one"
    )


class FoundPoint(Record):
    """A contact point: what is in force there, and who has it. Of an unknown one both are empty."""

    kind: str = Field(description="Kind of the contact point", examples=["email"])
    value: str | None = Field(description="Value as it was asked for; null where it was not")
    normal: str | None = Field(description="Value in normal form; null where it was not asked for")
    point_hash: str | None = Field(
        description="Keyed hash that names the contact point; null for a phone without area code"
    )
    consents: tuple[PointConsent, ...] = Field(description="What is in force")
    holders: PointHolderPage = Field(description="Customers who have the contact point")
    suppressed: bool = Field(
        description="Whether its value was erased, and what was withdrawn is kept by its hash"
    )


NOBODY: Final = PointHolderPage.model_construct(items=(), next_cursor=None)


async def look_up_point(asked: ContactPoint, *, limit: int, context: Context) -> FoundPoint:
    """Return what is known of the contact point. One point read, one query, one read a holder.

    Raises Invalid.
    """
    normal = normalize(asked.kind, asked.value, asked.country, "")
    if normal is None:
        return FoundPoint(
            kind=asked.kind, value=asked.value, normal=None, point_hash=None, consents=(),
            holders=NOBODY, suppressed=False,
        )  # fmt: skip
    found = await find_point(PointKey(asked.kind, normal), after=None, limit=limit, context=context)
    return found.model_copy(update={"value": asked.value, "normal": normal})


async def find_named_point(
    kind: str, point_hash: str, *, after: str | None, limit: int, context: Context
) -> FoundPoint:
    """Return what is known of the contact point of this name, and the next holders."""
    key = PointKey(kind, "", point_hash)
    return await find_point(key, after=after, limit=limit, context=context)


async def find_point(
    key: PointKey, *, after: str | None, limit: int, context: Context
) -> FoundPoint:
    """Return what is known of the contact point, without its value, and the next holders.

    `next_cursor` of the holders is the GUID of the last. One point read, one query, one read a
    holder.
    """
    point = (await read_point(key, context)).value
    holders = await query_holders(key, after, limit=limit + 1, context=context)
    whole = PointKey(key.kind, key.normal or point.value or "")
    view = partial(_holder, key=whole, point=point, context=context)
    items = await side_by_side(holders[:limit], view, at_once=AT_ONCE)
    has_more = len(holders) > limit
    return FoundPoint(
        kind=key.kind,
        value=None,
        normal=None,
        point_hash=key.name(context),
        consents=tuple(_consents(point, context)),
        holders=PointHolderPage(
            items=tuple(items), next_cursor=items[-1].customer_id if has_more else None
        ),
        suppressed=point.value is None and bool(point.registers),
    )


async def _holder(holder: Holding, *, key: PointKey, point: Point, context: Context) -> PointHolder:
    try:
        customer = (await read_customer(holder.customer_id, context=context)).value
        applied = not await unlike(customer, key, point, context)
    except CustomerNotFound:
        applied = False
    return PointHolder(
        customer_id=holder.customer_id,
        contact_id=holder.contact_ids[0],
        primary=holder.primary,
        applied=applied,
    )


def _consents(point: Point, context: Context) -> Iterator[PointConsent]:
    for name, register in sorted(point.registers.items()):
        purpose, channel = purpose_and_channel(name)
        stamp = register.in_force
        if stamp and not stamp.is_over(context.now):
            yield PointConsent(
                purpose=purpose,
                channel=channel,
                decision=stamp.decision,
                source=stamp.source,
                decided_at=stamp.decided_at,
                valid_until=stamp.valid_until,
                strength=_strength(register),
            )


def _strength(register: Register) -> Literal["Strong", "Weak"]:
    return "Strong" if register.strong else "Weak"
