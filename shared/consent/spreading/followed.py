"""What follows from a version of a customer elsewhere: kept with its event, and never sent."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Self

from shared.consent.domain.ledger import Entry
from shared.consent.points import PointKey, Settling, point_of
from shared.context import Context
from shared.core.values import Record
from shared.customers.domain.customers import Customer

TOLD: Final = {
    "sequence", "kind", "purpose", "channel", "decision", "outcome", "decided_at", "inherited",
}  # fmt: skip


class Followed(Record):
    """The points that came, went, or were decided about, and what was decided."""

    points: tuple[PointKey, ...] = ()
    settlings: tuple[Settling, ...] = ()

    def as_notes(self) -> Mapping[str, Any]:
        notes: Mapping[str, Any] = self.model_dump(mode="json", by_alias=True)
        return notes

    @classmethod
    def of(cls, notes: Mapping[str, Any]) -> Self:
        return cls.model_validate(notes)


def facts_of(customer: Customer, entries: Iterable[Entry]) -> Mapping[str, Any]:
    """Return what the event tells: the decisions, and the last hash of the chain."""
    told = [entry.core.model_dump(mode="json", by_alias=True, include=TOLD) for entry in entries]
    head = customer.ledger.head if customer.ledger and customer.ledger.sequence else None
    return ({"consents": told} if told else {}) | ({"ledgerHead": head} if head else {})


def notes_of(
    before: Customer | None, after: Customer, settlings: Sequence[Settling], context: Context
) -> Mapping[str, Any]:
    """Return which points came, went, or were decided about, and what was decided.

    Of a customer who is erased they are named by their hashes.
    """
    # Who has no ledger yet was never registered at any point.
    had = _points(before) if before and before.ledger else set()
    has = _points(after)
    moved = (had | has) if _is_another(before, after) else had ^ has
    if after.status == "Erased":
        moved = {PointKey(key.kind, "", key.name(context)) for key in moved}
    points = moved | {settling.point for settling in settlings}
    if not points:
        return {}
    return Followed(points=tuple(sorted(points, key=str)), settlings=tuple(settlings)).as_notes()


def _is_another(before: Customer | None, after: Customer) -> bool:
    """Return whether the points have to know of the customer what they did not."""
    if before is None:
        return False
    return before.status != after.status or before.is_held != after.is_held


def _points(customer: Customer) -> set[PointKey]:
    return {key for contact in customer.contacts if (key := point_of(contact))}
