"""One operation that was done offline: applied exactly once, and never over a newer change."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pydantic import BaseModel

from shared.context import Context
from shared.core.retry import ANY
from shared.core.sent.reading import model_of
from shared.customers.change import Decide, Decision, change
from shared.customers.customers import read_events
from shared.customers.domain.customers import NOWHERE, Closed, Customer
from shared.offline.domain.conflicts import Choice, ConflictKind, DecisionKind
from shared.offline.domain.reconciliation import (
    NO_CHANGES,
    UNKNOWN_CHANGES,
    ChangesSince,
    FieldConflict,
    changes_since,
    conflicts,
)
from shared.offline.domain.uploads import OfflineOperation, Outcome
from shared.offline.markers import commit_with_customer, create_marker, find_marker
from shared.ports.documents import Operation

M = TypeVar("M", bound=BaseModel)
MAX_EVENTS = 500  # read of one customer; whoever has missed more is asked about every difference


class AlreadyApplied(Exception):
    """The same operation was applied at the same moment."""


class Conflicting(Exception):
    """The operation and the customer as it is now disagree, and a person has to decide."""

    def __init__(
        self, kind: ConflictKind, fields: tuple[FieldConflict, ...] = (), version: int | None = None
    ) -> None:
        super().__init__(kind)
        self.kind = kind
        self.fields = fields
        self.version = version


@dataclass(frozen=True, slots=True)
class OperationResult:
    """What became of an operation: the version it led to, what had been decided, what it met."""

    outcome: Outcome
    version: int | None = None
    decision: DecisionKind | None = None
    conflicting: Conflicting | None = None


@dataclass(frozen=True, slots=True)
class OfflineChange:
    """An operation of a channel, the GUID of its customer, and what was decided about it."""

    operation: OfflineOperation
    channel: str
    key: str
    choice: Choice
    context: Context

    def parse(self, model: type[M], **defaults: Any) -> M:
        """Return the body as its model. Raises Invalid."""
        return model_of(model, defaults | self.operation.body, "/body")

    def settle(
        self,
        offline: Mapping[str, Any],
        customer: Customer,
        current: Mapping[str, Any],
        since: ChangesSince,
    ) -> dict[str, Any]:
        """Return what is left of the fields once conflicts are decided. Raises Conflicting."""
        undecided = self.choice.open(conflicts(offline, current, since))
        if undecided:
            raise Conflicting("field-changed", undecided, customer.version)
        return {path: value for path, value in offline.items() if path not in self.choice.left}

    async def since(self, customer: Customer) -> ChangesSince:
        """Return what others have changed since the channel saw the customer. One query
        for all but the most eventful."""
        base = self.operation.base_version
        if base >= customer.version:
            return NO_CHANGES if base == customer.version else UNKNOWN_CHANGES
        events = await read_events(
            self.key, base + 1, customer.version + 1, limit=MAX_EVENTS, context=self.context
        )
        known = len(events) == customer.version - base
        return ChangesSince(changes_since(events, channel_actor(self.channel)), known)

    @property
    def marker(self) -> Operation:
        """Return what writes that the operation was applied, in the commit that applies it."""
        return create_marker(self.operation, self.choice.decision, self.context)

    async def apply(self, decide: Decide, *, passes: Collection[Closed] = NOWHERE) -> int | None:
        """Change the customer by the decision and mark it; return the version it led to.

        What was edited offline was edited already, so the switch for pending customers is not
        looked at. Raises AlreadyApplied if the operation was applied before.
        """
        tries = 0

        async def marked(customer: Customer) -> Decision:
            nonlocal tries
            tries += 1
            if tries > 1 and await self.find_result():
                raise AlreadyApplied
            decision = await decide(customer)
            if decision.changes_nothing(customer):
                await self.commit()
                return Decision(customer)
            return replace(decision, operations=[*decision.operations, self.marker])

        changed = await change(
            self.key, marked, if_match=ANY, context=self.context, feature=None, passes=passes
        )
        return changed.value.version

    async def commit(self, operations: Sequence[Operation] = ()) -> None:
        """Mark it as applied and do the operations, in one commit. Raises AlreadyExists."""
        await commit_with_customer(self.key, [self.marker, *operations], self.context)

    async def find_result(self) -> OperationResult | None:
        """Return what became of it when it was sent before, as the commit says that did it."""
        marker = await find_marker(self.operation, self.key, self.context)
        if marker is None:
            return None
        outcome: Outcome = "Discarded" if marker.decision == "discard" else "AlreadyApplied"
        return OperationResult(outcome, None, marker.decision)


def channel_actor(channel: str) -> str:
    return f"channel:{channel}"
