"""Read, decide, commit: how an existing customer is changed."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.context import Context
from shared.core.evolve import evolve
from shared.core.retry import check_version, write
from shared.core.versioned import Versioned
from shared.customers.commit import commit
from shared.customers.documents import load
from shared.customers.domain.customers import NOWHERE, WHILE_RESTRICTED, Closed, Customer
from shared.customers.domain.events import EventType, FieldChange
from shared.customers.domain.pending_rules import EDITS, check_edit
from shared.customers.participants import Change
from shared.ports.documents import Operation


@dataclass(frozen=True, slots=True)
class Decision:
    """The customer as decided, and what else the same commit writes in its partition.

    `parts` say what those operations change, for the event; `kind` is its type, where it does not
    follow from how the customer changes. `details` are what the caller knows
    beyond the customer, by the name of the participant that it is meant for.
    """

    customer: Customer
    operations: Sequence[Operation] = ()
    parts: Sequence[FieldChange] = ()
    kind: EventType | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

    def changes_nothing(self, customer: Customer) -> bool:
        return self.customer == customer and not (self.operations or self.details or self.kind)


Decide = Callable[[Customer], Awaitable[Decision]]
Edit = Callable[[Customer], Awaitable[Customer]]


def only(edit: Edit) -> Decide:
    """Return a decision that changes the customer alone."""

    async def decide(customer: Customer) -> Decision:
        return Decision(await edit(customer))

    return decide


async def change(  # noqa: PLR0913  # what is changed, and what it is held to
    key: str,
    decide: Decide,
    *,
    if_match: str,
    context: Context,
    feature: str | None = EDITS,
    passes: Collection[Closed] = NOWHERE,
    withdraws: bool = False,
) -> Versioned[Customer]:
    """Decide on the newest version and write over exactly that one.

    For a caller who takes any version (`*`) it is read and decided again until it is in. A
    pending customer is changed only with the `feature` on, if one is named; one who is restricted
    or erased only by what `passes` there. What only `withdraws` a consent is taken of a pending and
    of a restricted one. Raises CustomerNotFound, CustomerRestricted, CustomerErased, Stale,
    PendingEditNotAllowed, Unavailable, and what `decide` raises.
    """

    if withdraws:
        feature, passes = None, passes or WHILE_RESTRICTED

    async def attempt() -> Versioned[Customer]:
        stored = await load(key, context)
        check_version(stored.etag, if_match)
        stored.value.check_open(passes)
        if feature and stored.value.sync_status == "PendingSync":
            features = await context.configuration.features(context.legal_entity)
            check_edit(stored.value.sync_status, features, feature)
        decision = await decide(stored.value)
        if decision.changes_nothing(stored.value):
            return stored
        after = evolve(decision.customer, version=stored.value.version + 1)
        change = Change(
            stored, after, decision.operations, decision.parts, decision.kind, decision.details
        )
        return await commit(change, context)

    return await write(attempt, if_match=if_match, turn=context.turn("customer", key))
