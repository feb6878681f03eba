"""May we write to it? Asked for many contact points at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import Field, StringConstraints

from shared.consent.building import is_building
from shared.consent.domain.points import Point, Stamp
from shared.consent.domain.purposes import ConsentPurpose
from shared.consent.points import PointKey, read_points
from shared.consent.purposes import require_purpose
from shared.context import Context
from shared.core.errors import Invalid
from shared.core.evolve import evolve
from shared.core.values import Body, Country, Instant, Key, Record
from shared.customers.domain.decisions import Channel, Decision, LegalBasis
from shared.customers.domain.normal_forms import normalize

MAX_POINTS: Final = 1_000
KINDS: Final = ("email", "phone")
MAX_HOLDERS: Final = 1_000  # above which a point is a till's placeholder, and nobody's
Reason = Literal[
    "opted-in", "soft-opt-in", "contract", "opted-out", "unknown", "expired", "pending",
    "restricted", "shared", "invalid",
]  # fmt: skip


ALLOWING: Final = frozenset({"opted-in", "soft-opt-in", "contract"})


class ContactPoint(Body):
    """An e-mail or a phone that may be anybody's."""

    kind: Literal["email", "phone"] = Field(description="Kind of the contact point")
    value: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=254)
    ] = Field(description="The e-mail or the phone", examples=["karen@example.com"])
    country: Country | None = Field(
        None, description="Country whose way of writing phones applies; no other is assumed"
    )


class ConsentCheck(Body):
    """A question: may messages of this purpose be sent to these contact points?"""

    purpose: Key = Field(
        description="What they are about, a key of `consent-purposes`", examples=["Marketing"]
    )
    channel: Channel | None = Field(
        None, description="Channel of the messages; every channel of the kind if left out"
    )
    contact_points: tuple[ContactPoint, ...] = Field(
        min_length=1, max_length=MAX_POINTS, description="Contact points that are asked about"
    )


class CheckedPoint(Record):
    """Whether messages may be sent to a contact point, and why."""

    kind: str = Field(description="Kind of the contact point", examples=["email"])
    value: str = Field(description="Value as it was asked for", examples=["karen@example.com"])
    allowed: bool = Field(description="Whether messages may be sent")
    decision: Decision | None = Field(description="The decision in force; null if there is none")
    basis: LegalBasis = Field(description="Legal basis of the purpose")
    reason: Reason = Field(description="Why, or why not")
    decided_at: Instant | None = Field(description="When the decision was taken")
    valid_until: Instant | None = Field(description="When it ends; null if it has no end")


class CheckedPoints(Record):
    """The answers, in the order of the questions."""

    as_of: datetime = Field(description="Moment for which they hold")
    items: tuple[CheckedPoint, ...] = Field(description="One for each contact point")


class Verdict(NamedTuple):
    """Whether one channel is free, and the decision that says so."""

    allowed: bool
    reason: Reason
    decision: Decision | None = None
    decided_at: datetime | None = None
    valid_until: datetime | None = None


async def check_consents(check: ConsentCheck, *, context: Context) -> CheckedPoints:
    """Return who may be written to. One point read for each contact point.

    A point that cannot be read fails the whole call. Raises Invalid, Unavailable.
    """
    purpose = await require_purpose(check.purpose, "/purpose", context)
    _check_channel(check, purpose)

    channels = {kind: _channels(kind, check.channel, purpose) for kind in KINDS}
    keys = [_key(asked) if channels[asked.kind] else None for asked in check.contact_points]
    points = iter(await read_points([key for key in keys if key], context))
    items = [
        _checked(asked, next(points).value if key else None, channels[asked.kind], purpose, context)
        for asked, key in zip(check.contact_points, keys, strict=True)
    ]
    if any(item.reason == "unknown" for item in items) and await is_building(context):
        items = [_not_known_yet(item) for item in items]
    return CheckedPoints(as_of=context.now, items=tuple(items))


def _not_known_yet(item: CheckedPoint) -> CheckedPoint:
    """Return the answer for a company whose points are not all known yet."""
    return evolve(item, reason="pending") if item.reason == "unknown" else item


def verdict_of(
    point: Point, purpose: ConsentPurpose, channel: Channel | None, now: datetime
) -> Verdict:
    """Return whether messages of the purpose may be sent on one channel."""
    stamp = point.register(purpose.name, channel).in_force
    if point.held:
        return Verdict(False, "restricted", stamp.decision if stamp else None)
    if stamp is None:
        return _without_decision(purpose)
    is_over = stamp.is_over(now)
    reason = _reason(stamp, purpose, is_over=is_over, is_shared=point.holders > MAX_HOLDERS)
    return Verdict(
        reason in ALLOWING,
        reason,
        None if is_over else stamp.decision,
        stamp.decided_at,
        stamp.valid_until,
    )


def _reason(stamp: Stamp, purpose: ConsentPurpose, *, is_over: bool, is_shared: bool) -> Reason:
    if purpose.legal_basis == "Contract":
        return "contract"
    if stamp.decision == "OptedOut":
        return "opted-out"
    if purpose.legal_basis == "LegitimateInterest":
        return "soft-opt-in" if is_over else "opted-in"
    return "expired" if is_over else "shared" if is_shared else "opted-in"


def _without_decision(purpose: ConsentPurpose) -> Verdict:
    match purpose.legal_basis:
        case "Contract":
            return Verdict(True, "contract")
        case "LegitimateInterest":
            return Verdict(True, "soft-opt-in")
        case _:
            return Verdict(False, "unknown")


def _checked(
    asked: ContactPoint,
    point: Point | None,
    channels: Sequence[Channel | None],
    purpose: ConsentPurpose,
    context: Context,
) -> CheckedPoint:
    verdict = _verdict(point, channels, purpose, context.now)
    return CheckedPoint(
        kind=asked.kind,
        value=asked.value,
        basis=purpose.legal_basis,
        **verdict._asdict(),
    )


def _verdict(
    point: Point | None, channels: Sequence[Channel | None], purpose: ConsentPurpose, now: datetime
) -> Verdict:
    """Return what stands in the way first, in the order of the channels, or that nothing does."""
    if point is None:
        return Verdict(False, "invalid")
    verdicts = [verdict_of(point, purpose, channel, now) for channel in channels]
    return next((one for one in verdicts if not one.allowed), verdicts[0])


def _key(asked: ContactPoint) -> PointKey | None:
    """Return the point; None where the value cannot be one."""
    try:
        normal = normalize(asked.kind, asked.value, asked.country, "")
    except Invalid:
        return None
    return PointKey(asked.kind, normal) if normal is not None else None


def _channels(
    kind: str, channel: Channel | None, purpose: ConsentPurpose
) -> Sequence[Channel | None]:
    every = purpose.channels_of(kind)
    return every if channel is None else [one for one in every if one == channel]


def _check_channel(check: ConsentCheck, purpose: ConsentPurpose) -> None:
    every = {*purpose.channels.email, *purpose.channels.phone}
    if check.channel and check.channel not in every:
        detail = f"{purpose.name} has no channel {check.channel}."
        raise Invalid.at("/channel", "channel-unknown", detail)
