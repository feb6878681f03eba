"""Applying one operation that was done offline: exactly once, and never over a newer change."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from shared.domain.customer_creation import NewCustomer
from shared.domain.customers import Customer, CustomerEdit, CustomerExists, CustomerInactive
from shared.domain.flaws import flaws_of
from shared.domain.reconciliation import (
    NOTHING,
    UNKNOWN,
    FieldConflict,
    Meanwhile,
    conflicts,
    flattened,
    meanwhile,
)
from shared.domain.uploads import Choice, ConflictKind, OfflineOperation, Outcome
from shared.domain.values import as_text
from shared.errors import AlreadyExists, Invalid
from shared.ports import Create, Range
from shared.usecases.changes import ANY, Decide, Decision, change
from shared.usecases.customer_creation import create_customer
from shared.usecases.customer_settings import check_named
from shared.usecases.customers import GUID, editing, resolve
from shared.usecases.errand import Errand
from shared.usecases.events import EVENT
from shared.usecases.records import customer_document, customer_view

M = TypeVar("M", bound=BaseModel)
UPLOADED = "uploaded"
KEPT = 90 * 86400  # seconds that an operation is known to have been applied
MOST_EVENTS = 500  # looked at; who has missed more is asked about every difference


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
    errand: Errand

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
            return NOTHING
        events = await self._events(base + 1, customer.version + 1)
        known = len(events) == customer.version - base
        return Meanwhile(meanwhile(events, self.errand.actor), known)

    async def _events(self, start: int, end: int) -> list[Any]:
        events: list[Any] = []
        continuation: str | None = None
        while True:
            page = await self.errand.documents.query(
                "customers",
                self.errand.place(self.key),
                Range("id", event_id(start), event_id(end)),
                limit=MOST_EVENTS,
                continuation=continuation,
            )
            events += [one.body["event"] for one in page.documents]
            continuation = page.continuation
            if continuation is None or len(events) >= MOST_EVENTS:
                return events

    @property
    def marker(self) -> Create:
        """Return what writes that the operation was applied, in the commit that applies it."""
        return Create(
            {
                "id": marker_id(self.operation),
                "type": UPLOADED,
                "createdAt": as_text(self.errand.now),
                "ttl": KEPT,
            }
        )

    async def change(self, decide: Decide) -> int | None:
        """Change the customer by the decision and mark it; return the version it led to.

        What was edited offline was edited already, so the switch for pending customers is not
        asked. Raises AlreadyExists if the operation was applied before.
        """

        async def marked(customer: Customer) -> Decision:
            decision = await decide(customer)
            if decision.customer == customer and not (decision.operations or decision.consents):
                await self.mark()
                return Decision(customer)
            return replace(decision, operations=[*decision.operations, self.marker])

        changed = await change(self.key, marked, if_match=ANY, errand=self.errand, feature=None)
        return changed.version

    async def mark(self) -> None:
        place = self.errand.place(self.key)
        await self.errand.documents.commit("customers", place, [self.marker])


Way = Callable[[Offline], Awaitable[int | None]]
Ways = Mapping[str, Way]


async def apply_operation(
    operation: OfflineOperation, channel: str, ways: Ways, *, choice: Choice, errand: Errand
) -> tuple[Outcome, int | None]:
    """Apply it once, whenever and however often it comes; return the version it led to.

    Raises Conflicted, Unavailable, and the refusals of the rules.
    """
    offline = Offline(
        operation,
        await customer_of(operation, errand),
        choice,
        replace(
            errand, actor=channel_actor(channel), fingerprint=f"upload:{operation.operation_id}"
        ),
    )
    place = errand.place(offline.key)
    if await errand.documents.read("customers", place, marker_id(operation)):
        return "AlreadyApplied", None
    try:
        return "Applied", await ways[operation.type](offline)
    except AlreadyExists:
        return "AlreadyApplied", None
    except CustomerInactive:
        raise Conflicted("customer-inactive") from None
    except CustomerExists:
        raise Conflicted("customer-exists") from None


async def discard_operation(operation: OfflineOperation, key: str, *, errand: Errand) -> None:
    """Mark it as dealt with, so that it does nothing when it comes again."""
    with suppress(AlreadyExists):
        await Offline(operation, key, Choice(), errand).mark()


async def customer_of(operation: OfflineOperation, errand: Errand) -> str:
    """Return the GUID of its customer, who may not be there yet. Raises CustomerNotFound."""
    return await resolve(operation.customer_id, errand=errand)


async def create(offline: Offline) -> int | None:
    """Make the customer under the GUID that the channel has given it."""
    operation = offline.operation
    if not GUID.fullmatch(operation.customer_id):
        raise Invalid.at("/customerId", "guid", "A customer made offline is named by a GUID.")
    channel = offline.errand.actor.partition(":")[2]
    new = offline.parse(NewCustomer, id=operation.customer_id, storeNumber=channel)
    if new.id != offline.key:
        raise Invalid.at("/body/id", "key-mismatch", "It is not the customerId of the operation.")
    created = await create_customer(new, errand=offline.errand, allow_duplicate=True)
    with suppress(AlreadyExists):  # it came twice at once; there is one customer
        await offline.mark()
    return created.customer.version


async def patch(offline: Offline) -> int | None:
    """Change what the merge patch names, and nobody else has changed meanwhile."""
    edit = offline.parse(CustomerEdit)
    await check_named(edit, offline.errand)
    given = edit.model_dump(mode="json", by_alias=True, exclude_unset=True)

    async def decide(customer: Customer) -> Decision:
        current = flattened(customer_view(customer_document(customer)))
        since = await offline.since(customer)
        kept = offline.settle(flattened(given), customer, current, since)
        left = CustomerEdit.model_validate(_nested(kept, given))
        if not conflicts(kept, current, UNKNOWN):
            return Decision(customer)  # it is like that already
        return Decision(await editing(left, errand=offline.errand)(customer))

    return await offline.change(decide)


def _nested(kept: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields by path as the body that they came from."""
    nested: dict[str, Any] = {}
    for path, value in kept.items():
        name, _, key = path.partition("/")
        if name in given and key:
            nested.setdefault(name, {})[key] = value
        else:
            nested[path] = value
    return nested


def event_id(version: int) -> str:
    return f"{EVENT}:{version:012d}"


def marker_id(operation: OfflineOperation) -> str:
    return f"{UPLOADED}:{operation.operation_id}"


def channel_actor(channel: str) -> str:
    return f"channel:{channel}"
