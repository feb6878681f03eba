"""Applying one operation that was done offline: exactly once, and never over a newer change."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from shared.context import Context
from shared.core.errors import AlreadyExists, Invalid
from shared.core.flaws import flaws_of
from shared.core.retry import ANY
from shared.core.values import as_text
from shared.customers.change import Decide, Decision, change
from shared.customers.customers import read_events, resolve
from shared.customers.domain.customers import Customer, CustomerExists, CustomerInactive
from shared.offline.domain.reconciliation import (
    NOTHING,
    UNKNOWN,
    FieldConflict,
    Meanwhile,
    conflicts,
    meanwhile,
)
from shared.offline.domain.uploads import (
    Choice,
    ConflictKind,
    DecisionKind,
    OfflineOperation,
    Outcome,
)
from shared.ports.documents import Create

M = TypeVar("M", bound=BaseModel)
UPLOADED = "uploaded"
KEPT = 90 * 86400  # seconds that an operation is known to have been applied
MOST_EVENTS = 500  # looked at; who has missed more is asked about every difference


class AlreadyApplied(Exception):
    """The same operation was applied at the same moment."""


class Conflicted(Exception):
    """The operation and the customer as it is now disagree, and a person has to decide."""

    def __init__(
        self, kind: ConflictKind, fields: tuple[FieldConflict, ...] = (), version: int | None = None
    ) -> None:
        super().__init__(kind)
        self.kind = kind
        self.fields = fields
        self.version = version


@dataclass(frozen=True, slots=True)
class Offline:
    """One operation of a channel, whose customer is known, and what was decided about it."""

    operation: OfflineOperation
    key: str
    choice: Choice
    context: Context

    def parse(self, model: type[M], **defaults: Any) -> M:
        """Return the body as its model. Raises Invalid."""
        try:
            return model.model_validate(defaults | self.operation.body)
        except ValidationError as exc:
            raise Invalid(flaws_of(exc, "/body")) from None

    def settle(
        self,
        offline: Mapping[str, Any],
        customer: Customer,
        current: Mapping[str, Any],
        since: Meanwhile,
    ) -> dict[str, Any]:
        """Return what is left of the fields once conflicts are decided. Raises Conflicted."""
        found = self.choice.open(conflicts(offline, current, since))
        if found:
            raise Conflicted("field-changed", found, customer.version)
        return {path: one for path, one in offline.items() if path not in self.choice.left}

    async def since(self, customer: Customer) -> Meanwhile:
        """Return what others have changed since the channel saw the customer. One query
        for all but the most eventful."""
        base = self.operation.base_version
        if base >= customer.version:
            return NOTHING if base == customer.version else UNKNOWN
        events = await read_events(
            self.key, base + 1, customer.version + 1, limit=MOST_EVENTS, context=self.context
        )
        known = len(events) == customer.version - base
        return Meanwhile(meanwhile(events, self.context.actor), known)

    @property
    def marker(self) -> Create:
        """Return what writes that the operation was applied, in the commit that applies it."""
        return Create(
            {
                "id": marker_id(self.operation),
                "type": UPLOADED,
                "createdAt": as_text(self.context.now),
                "decision": self.choice.decision,
                "ttl": KEPT,
            }
        )

    async def change(self, decide: Decide) -> int | None:
        """Change the customer by the decision and mark it; return the version it led to.

        What was edited offline was edited already, so the switch for pending customers is not
        asked. Raises AlreadyApplied if the operation was applied before.
        """

        tries = 0

        async def marked(customer: Customer) -> Decision:
            nonlocal tries
            tries += 1
            if tries > 1 and await read_effect(self):
                raise AlreadyApplied
            decision = await decide(customer)
            if decision.changes_nothing(customer):
                await self.mark()
                return Decision(customer)
            return replace(decision, operations=[*decision.operations, self.marker])

        changed = await change(self.key, marked, if_match=ANY, context=self.context, feature=None)
        return changed.value.version

    async def mark(self) -> None:
        place = self.context.partition(self.key)
        await self.context.documents.commit("customers", place, [self.marker])


@dataclass(frozen=True, slots=True)
class Effect:
    """What became of an operation: the version it led to, and what had been decided about it."""

    outcome: Outcome
    version: int | None = None
    decision: DecisionKind | None = None


Way = Callable[[Offline], Awaitable[int | None]]
Ways = Mapping[str, Way]


async def apply_operation(
    operation: OfflineOperation, channel: str, ways: Ways, *, choice: Choice, context: Context
) -> Effect:
    """Apply it once, whenever and however often it comes, and return what became of it.

    Raises Conflicted, Unavailable, and the refusals of the rules.
    """
    offline = Offline(
        operation,
        await customer_of(operation, context),
        choice,
        replace(
            context,
            actor=channel_actor(channel),
            fingerprint=f"upload:{operation.operation_id}",
            done_at=min(operation.at, context.now).astimezone(UTC),
        ),
    )
    if known := await read_effect(offline):
        return known
    try:
        if choice.decision == "discard":
            await offline.mark()
            return Effect("Discarded", None, "discard")
        return Effect("Applied", await ways[operation.type](offline), choice.decision)
    except (AlreadyApplied, AlreadyExists):
        return await read_effect(offline) or Effect("AlreadyApplied")
    except CustomerInactive:
        raise Conflicted("customer-inactive") from None
    except CustomerExists:
        raise Conflicted("customer-exists") from None


async def read_effect(offline: Offline) -> Effect | None:
    """Return what became of it when it came before, as the commit itself says that did it."""
    marker = await offline.context.documents.read(
        "customers", offline.context.partition(offline.key), marker_id(offline.operation)
    )
    if marker is None:
        return None
    decision: DecisionKind | None = marker.body["decision"]
    return Effect("Discarded" if decision == "discard" else "AlreadyApplied", None, decision)


async def customer_of(operation: OfflineOperation, context: Context) -> str:
    """Return the GUID of its customer, who may not be there yet. Raises CustomerNotFound."""
    return await resolve(operation.customer_id, context=context)


def marker_id(operation: OfflineOperation) -> str:
    return f"{UPLOADED}:{operation.operation_id}"


def channel_actor(channel: str) -> str:
    return f"channel:{channel}"
