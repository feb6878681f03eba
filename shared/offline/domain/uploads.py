"""What a channel did while it was offline: uploaded in one session, applied in order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pydantic import computed_field

from shared.core.errors import Conflict, Invalid, NotFound
from shared.core.evolve import evolve
from shared.core.values import Body, Guid, Key, Moment, Record, Whole
from shared.offline.domain.reconciliation import FieldConflict

LARGEST_UPLOAD = 16 * 1024 * 1024  # bytes
MAX_OPERATIONS = 10_000

OfflineType = Literal["create", "patch", "address", "contact", "consent", "note"]
SessionStatus = Literal["Started", "Uploaded", "Applied", "Canceled"]
Outcome = Literal["Applied", "AlreadyApplied", "Refused", "Conflict", "HeldBack", "Discarded"]
ConflictKind = Literal[
    "field-changed",  # others have changed the same field since
    "already-there",  # a contact point like it, but not quite, came meanwhile
    "newer-consent",  # the customer has decided otherwise since
    "customer-exists",  # its GUID names another customer
    "customer-inactive",  # it was deactivated, merged or erased meanwhile
    "refused",  # a rule says no, whatever was changed meanwhile
]
DecisionKind = Literal["offline", "current", "retry", "discard"]
BY_FIELD: frozenset[ConflictKind] = frozenset({"field-changed", "already-there", "newer-consent"})


class ChannelNotFound(NotFound):
    code = "channel-not-found"


class UploadSessionNotFound(NotFound):
    code = "upload-session-not-found"


class ConflictNotFound(NotFound):
    code = "conflict-not-found"


class UploadSessionRunning(Conflict):
    """The channel has a session that is not done; `sessionId` names it."""

    code = "upload-session-running"


class OfflineCreationExcluded(Conflict):
    """The channel may not create customers while it is offline."""

    code = "offline-creation-excluded"


class ConflictDecided(Conflict):
    """Somebody has decided it already."""

    code = "conflict-decided"


class ConflictNotSettled(Conflict):
    """What was decided stopped at something else; the conflict says what."""

    code = "conflict-not-settled"


class DecisionNotPossible(Invalid):
    """That decision does not settle a conflict of this kind."""

    code = "decision-not-possible"


class OfflineOperation(Body):
    """One line of an upload. `baseVersion` is the version of the customer that the channel saw."""

    operation_id: Guid
    type: OfflineType
    customer_id: Key
    at: Moment
    base_version: Whole = 0
    body: dict[str, Any]


class UploadSession(Record):
    """How far an upload has come. Operations are counted once each, whatever happens on the way."""

    id: str
    legal_entity: str
    channel: str
    status: SessionStatus = "Started"
    digest: str
    total: int
    applied: int = 0
    already_applied: int = 0
    refused: int = 0
    conflicts: int = 0
    held_back: int = 0
    chunks: int
    chunks_done: int = 0
    started_at: datetime
    started_by: str
    uploaded_at: datetime | None = None
    applied_at: datetime | None = None

    @computed_field  # type: ignore[prop-decorator]  # the documented way to compute a field
    @property
    def progress(self) -> float:
        """Return the share of operations that are dealt with, from 0 to 1."""
        counts = (self.applied, self.already_applied, self.refused, self.conflicts, self.held_back)
        return round(sum(counts) / self.total, 4) if self.total else 1.0

    def counted(self, outcomes: list[Outcome], now: datetime) -> "UploadSession":
        """Return it with one more chunk done."""
        done = self.chunks_done + 1
        update: dict[str, Any] = {
            "chunks_done": done,
            "applied": self.applied + outcomes.count("Applied"),
            "already_applied": self.already_applied
            + outcomes.count("AlreadyApplied")
            + outcomes.count("Discarded"),
            "refused": self.refused + outcomes.count("Refused"),
            "conflicts": self.conflicts + outcomes.count("Conflict"),
            "held_back": self.held_back + outcomes.count("HeldBack"),
        }
        if done == self.chunks:
            update |= {"status": "Applied", "applied_at": now}
        return evolve(self, **update)


class Flawed(Record):
    """Why an operation was refused."""

    code: str
    detail: str
    errors: list[dict[str, str]] = []


class UploadedOperation(Record):
    """What became of one line. `behind` names the operation that one held back waits for."""

    line: int
    operation_id: str | None = None
    type: str | None = None
    customer_id: str | None = None
    at: datetime | None = None
    status: Outcome
    version: int | None = None
    behind: str | None = None
    problem: Flawed | None = None


class OfflineConflict(Record):
    """An operation that a person has to decide about, and the customer's later ones wait for."""

    operation_id: str
    session_id: str
    line: int
    channel: str
    customer_id: str
    kind: ConflictKind
    status: Literal["Open", "Decided"] = "Open"
    operation: OfflineOperation
    current_version: int | None = None
    fields: tuple[FieldConflict, ...] = ()
    problem: Flawed | None = None
    found_at: datetime
    decision: DecisionKind | None = None
    decided_fields: dict[str, str] = {}
    decided_at: datetime | None = None
    decided_by: str | None = None


class ConflictDecision(Body):
    """What a person decides.

    `offline` takes what the channel did, `current` what others did meanwhile; `fields` says
    otherwise for single ones. What nobody else has changed is applied either way. `retry` tries
    the operation again, with another `body` if one is given; `discard` drops it for good.
    """

    operation_id: Guid
    decision: DecisionKind
    fields: dict[str, Literal["offline", "current"]] = {}
    body: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """What was decided: `settled` has each field in conflict with the value it had when a person
    looked at it, and `left` are those that stay as they are. `decision` is what was said of it
    all; None while nobody has decided.
    """

    settled: Mapping[str, Any] = field(default_factory=dict)
    left: frozenset[str] = frozenset()
    decision: DecisionKind | None = None

    def open(self, found: Iterable[FieldConflict]) -> tuple[FieldConflict, ...]:
        """Return the conflicts that nobody has decided about as they are now."""
        return tuple(
            one
            for one in found
            if one.field not in self.settled or self.settled[one.field] != one.current
        )


def choice_of(conflict: OfflineConflict, decision: ConflictDecision) -> Choice:
    """Return what the decision means for the operation. Raises DecisionNotPossible."""
    if decision.body is not None and decision.decision != "retry":
        raise DecisionNotPossible.at("/body", "retry-only", "Another body goes with retry.")
    if decision.decision in {"retry", "discard"}:
        if decision.fields:
            raise DecisionNotPossible.at("/fields", "by-field-only", "Fields go with a side.")
        return Choice(decision=decision.decision)
    if conflict.kind not in BY_FIELD:
        raise DecisionNotPossible.at(
            "/decision", "no-sides", f"A conflict {conflict.kind} takes retry or discard."
        )
    settled = {one.field: one.current for one in conflict.fields}
    if unknown := sorted(set(decision.fields) - set(settled)):
        raise DecisionNotPossible.at("/fields", "unknown-field", f"No conflict in {unknown[0]}.")
    sides = dict.fromkeys(settled, decision.decision) | decision.fields
    left = frozenset(path for path, side in sides.items() if side == "current")
    return Choice(settled, left, decision.decision)


def check_offline_creation(*, profile_allows: bool, filters_customers: bool) -> None:
    """Raise OfflineCreationExcluded where a profile or a channel group says so."""
    if filters_customers:
        raise OfflineCreationExcluded(
            "The channel database group filters shared customer data, so customers are not "
            "created offline."
        )
    if not profile_allows:
        raise OfflineCreationExcluded("The functionality profile forbids offline creation.")
