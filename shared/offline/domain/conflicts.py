"""Operations that a person has to decide about, and what they can decide."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from shared.core.errors import Conflict, Invalid, NotFound
from shared.core.evolve import evolve
from shared.core.values import Body, Guid, Record
from shared.offline.domain.reconciliation import FieldConflict
from shared.offline.domain.uploads import OfflineOperation, OperationProblem

ConflictStatus = Literal["Open", "Decided"]
ConflictKind = Literal[
    "field-changed",  # others have changed the same field since
    "already-there",  # a contact point like it, but not quite, was added since
    "customer-exists",  # the GUID names another customer
    "customer-inactive",  # the customer was deactivated, merged or erased since
    "refused",  # a rule says no, whatever was changed since
]
Side = Literal["offline", "current"]
DecisionKind = Literal["offline", "current", "retry", "discard"]
BY_FIELD: frozenset[ConflictKind] = frozenset({"field-changed", "already-there"})


class ConflictNotFound(NotFound):
    """The channel has no conflict of this operation, or it was decided over ninety days ago."""

    code = "conflict-not-found"


class ConflictDecided(Conflict):
    """The conflict was decided already."""

    code = "conflict-decided"


class ConflictNotSettled(Conflict):
    """The operation stopped again, at something else; the conflict says at what."""

    code = "conflict-not-settled"


class DecisionNotPossible(Invalid):
    """The decision does not settle a conflict of this kind."""

    code = "decision-not-possible"


class OfflineConflict(Record):
    """An operation that a person has to decide about; later ones of the customer wait for it."""

    operation_id: str = Field(description="Id of the operation")
    session_id: str = Field(description="Id of the upload session")
    line: Annotated[int, Field(description="Line of the upload, from 1", examples=[17])]
    channel: Annotated[
        str, Field(description="Store or online channel that was offline", examples=["HOUSTON"])
    ]
    customer_id: str = Field(description="GUID of the customer")
    kind: ConflictKind = Field(description="Why it stopped")
    status: ConflictStatus = Field(default="Open", description="Open until a person has decided")
    operation: OfflineOperation = Field(description="The operation as it was uploaded")
    current_version: int | None = Field(
        default=None, description="Version of the customer when it stopped", examples=[5]
    )
    fields: tuple[FieldConflict, ...] = Field(
        default=(), description="Fields that the channel and others have changed"
    )
    problem: OperationProblem | None = Field(
        default=None, description="Why a rule refused the operation"
    )
    found_at: datetime = Field(description="When it stopped first")
    decision: DecisionKind | None = Field(default=None, description="What was decided")
    decided_fields: dict[str, str] = Field(
        default={}, description="What was decided of single fields"
    )
    decided_at: datetime | None = Field(default=None, description="When it was decided")
    decided_by: str | None = Field(
        default=None, description="Who decided", examples=["employee:000160"]
    )

    def check_open(self) -> None:
        """Raise ConflictDecided unless it is open."""
        if self.status == "Decided":
            raise ConflictDecided(f"The conflict was decided by {self.decided_by}.")

    def corrected(self, body: dict[str, Any] | None) -> "OfflineConflict":
        """Return it with another body of its operation, if there is one."""
        if body is None:
            return self
        return evolve(self, operation=evolve(self.operation, body=body))


class ConflictDecision(Body):
    """What a person decides about an operation that stopped.

    `offline` takes what the channel did, `current` what others did since; `fields` decides
    otherwise of single fields. What others have not changed is applied either way. `retry` tries
    the operation again, with another `body` if one is given. `discard` drops it.
    """

    operation_id: Guid = Field(description="Id of the operation")
    decision: DecisionKind = Field(description="What becomes of the operation")
    fields: Annotated[
        dict[str, Side],
        Field(
            description="What is taken of single fields, by their paths",
            examples=[{"attributes/occupation": "offline"}],
        ),
    ] = {}
    body: dict[str, Any] | None = Field(
        default=None, description="Corrected body of the operation, with retry"
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """What was decided: `settled` has each field in conflict with the value it had when a person
    looked at it, and `left` are those that stay as they are. `decision` is what was decided of the
    operation; None before a decision.
    """

    settled: Mapping[str, Any] = field(default_factory=dict)
    left: frozenset[str] = frozenset()
    decision: DecisionKind | None = None

    def open(self, conflicts: Iterable[FieldConflict]) -> tuple[FieldConflict, ...]:
        """Return the conflicts that are not decided as they are now."""
        return tuple(
            conflict
            for conflict in conflicts
            if conflict.field not in self.settled
            or self.settled[conflict.field] != conflict.current
        )


def choice_of(conflict: OfflineConflict, decision: ConflictDecision) -> Choice:
    """Return what the decision means for the operation. Raises DecisionNotPossible."""
    if decision.body is not None and decision.decision != "retry":
        raise DecisionNotPossible.at("/body", "retry-only", "A body is taken with retry only.")
    if decision.decision in {"retry", "discard"}:
        if decision.fields:
            raise DecisionNotPossible.at(
                "/fields", "by-field-only", "Fields are taken with offline and current only."
            )
        return Choice(decision=decision.decision)
    if conflict.kind not in BY_FIELD:
        raise DecisionNotPossible.at(
            "/decision", "no-sides", f"A conflict {conflict.kind} takes retry or discard."
        )
    return _choice_by_field(conflict, decision)


def _choice_by_field(conflict: OfflineConflict, decision: ConflictDecision) -> Choice:
    settled = {field.field: field.current for field in conflict.fields}
    if unknown := sorted(set(decision.fields) - set(settled)):
        raise DecisionNotPossible.at(
            "/fields", "unknown-field", f"There is no conflict in {unknown[0]}."
        )
    sides = dict.fromkeys(settled, decision.decision) | decision.fields
    left = frozenset(path for path, side in sides.items() if side == "current")
    return Choice(settled, left, decision.decision)
