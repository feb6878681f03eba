"""What is in force by the ledgers alone: the rules of consent, written a second time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

MARKETING: Final = "Marketing"
CLUB: Final = "Club"  # its opt-ins reach nobody else, and end after a day
SOURCES: Final = (None, "Import", "POS", "CallCenter", "Web", "Customer")
CHANNELS: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    (CLUB, "email"): ("email",),
    (CLUB, "phone"): ("sms",),
    (MARKETING, "email"): ("email",),
    (MARKETING, "phone"): ("call", "sms", "messaging"),
}
SPREADING: Final = frozenset({MARKETING})
# By the kind and the normal form, the ways in which each point is written.
POINTS: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    ("email", "karen@example.com"): ("karen@example.com", "Karen@Example.COM"),
    ("email", "shop@example.com"): ("shop@example.com",),
    ("email", "twin@example.com"): ("twin@example.com",),
    ("phone", "+12065550147"): ("+12065550147", "(206) 555-0147"),
    ("phone", "+12065550148"): ("+12065550148",),
}
POINT_OF: Final = {(kind, way): (kind, it) for (kind, it), ways in POINTS.items() for way in ways}
Point = tuple[str, str]
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a ledger, as far as it matters. Times are texts, which sort as they are."""

    customer: str
    sequence: int
    point: Point
    purpose: str
    channel: str | None
    decision: str
    decided_at: str
    valid_until: str | None
    source: str | None
    is_strong: bool
    counts: bool
    made_by: str | None

    @property
    def name(self) -> tuple[str, int]:
        return self.customer, self.sequence

    @property
    def rank(self) -> tuple[str, bool, int, str, int]:
        is_withdrawal, source = self.decision == "OptedOut", SOURCES.index(self.source)
        return (self.decided_at, is_withdrawal, source, self.customer, self.sequence)

    def is_about(self, point: Point, purpose: str, channel: str) -> bool:
        """Return whether it decides about messages of the purpose on the channel."""
        is_there = self.counts and (self.point, self.purpose) == (point, purpose)
        return is_there and self.channel in {None, channel}


def entry_of(body: Json) -> Entry:
    core, personal = body["core"], body["personal"]
    is_proven = core["textVersion"] and (personal["reference"] or personal["capturedBy"])
    is_hers = personal["recordedBy"].startswith("customer:")
    return Entry(
        customer=core["customerId"],
        sequence=core["sequence"],
        point=POINT_OF[core["kind"], personal["value"]],
        purpose=core["purpose"],
        channel=core["channel"],
        decision=core["decision"],
        decided_at=core["decidedAt"],
        valid_until=core["validUntil"],
        source=core["source"],
        is_strong=bool(core["decision"] == "OptedOut" or is_hers or is_proven),
        counts=not core["inherited"] and core["outcome"] != "Pending",
        made_by=body["madeBy"],
    )


def greatest(entries: Iterable[Entry], *, is_strong: bool) -> Entry | None:
    some = [one for one in entries if one.is_strong == is_strong]
    return max(some, key=lambda one: one.rank, default=None)


def in_force(entries: Sequence[Entry]) -> Entry | None:
    """Return the greatest strong decision; where there is none, the greatest of the weak ones."""
    return greatest(entries, is_strong=True) or greatest(entries, is_strong=False)


def possible(settled: Sequence[Entry], others: Iterable[Entry]) -> set[Entry | None]:
    """Return what can be in force where some of the others have reached the point, or none."""
    return {in_force(settled), *(in_force([*settled, one]) for one in others)}


def verdict(entry: Entry | None, now: str) -> tuple[bool, str | None, str | None]:
    """Return what a check has to say: whether it is allowed, by which decision, and its time."""
    if entry is None:
        return (False, None, None)
    is_over = entry.valid_until is not None and entry.valid_until <= now
    decision = None if is_over else entry.decision
    return (decision == "OptedIn", decision, entry.decided_at)


def registers(entries: Sequence[Entry], point: Point) -> Json:
    """Return who has decided last, as the point keeps it."""
    here = [one for one in entries if one.counts and one.point == point]
    by_name: dict[str, list[Entry]] = {}
    for one in here:
        by_name.setdefault(f"{one.purpose}/{one.channel or '*'}", []).append(one)
    return {
        name: {
            "strong": _name(greatest(some, is_strong=True)),
            "weak": _name(greatest(some, is_strong=False)),
        }
        for name, some in by_name.items()
    }


def _name(entry: Entry | None) -> tuple[str, int] | None:
    return entry.name if entry else None


def shown(entries: Sequence[Entry], point: Point, customer: str, now: str) -> list[Json]:
    """Return what a contact of the customer has to show of its point; nothing that is over."""
    found = []
    for (purpose, kind), channels in CHANNELS.items():
        for channel in channels if kind == point[0] else ():
            entry = in_force([one for one in entries if one.is_about(point, purpose, channel)])
            if entry and _reaches(entry, customer) and not _is_over(entry, now):
                found.append(
                    {
                        "purpose": purpose,
                        "channel": channel,
                        "decision": entry.decision,
                        "decidedAt": entry.decided_at,
                        "validUntil": entry.valid_until,
                    }
                )
    return found


def _is_over(entry: Entry, now: str) -> bool:
    return entry.valid_until is not None and entry.valid_until <= now


def _reaches(entry: Entry, customer: str) -> bool:
    is_own = entry.customer == customer
    return is_own or entry.decision == "OptedOut" or entry.purpose in SPREADING


def marketing(consents: Sequence[Json], kind: str) -> str | None:
    """Return the one decision about marketing: out if it is on any channel, in if on all."""
    decisions = [one["decision"] for one in consents if one["purpose"] == MARKETING]
    if "OptedOut" in decisions:
        return "OptedOut"
    return "OptedIn" if len(decisions) == len(CHANNELS[MARKETING, kind]) else None
