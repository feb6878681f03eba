"""Whoever writes with a customer: what a participant in the customer's commit may do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple, Protocol

from shared.context import Context
from shared.core.versioned import Versioned
from shared.customers.domain.customers import Customer
from shared.customers.domain.events import EventType, FieldChange, differences
from shared.ports.documents import Operation


@dataclass(frozen=True)
class Change:
    """One version of a customer in the making, on top of the version `before` (None: the first).

    `operations` are what the decision itself writes beside the customer, and `parts` what those
    change, for the event; `kind` is its type, where that does not follow from the change.
    `details` are what the caller knows beyond the customer, by the name of the participant that it
    is meant for.
    """

    before: Versioned[Customer] | None
    after: Customer
    operations: Sequence[Operation] = ()
    parts: Sequence[FieldChange] = ()
    kind: EventType | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def changes(self) -> tuple[FieldChange, ...]:
        """Return how the two versions differ, field by field."""
        if self.after.status == "Erased":
            return ()  # from then on no event has values
        before = self.before.value if self.before else None
        return (*differences(before, self.after), *self.parts)

    def amended(self, customer: Customer) -> "Change":
        """Return the change with another customer in it, or the same one."""
        return self if customer is self.after else replace(self, after=customer)


class Joined(NamedTuple):
    """What a participant adds to a commit.

    `customer` has amended those fields that the participant owns, and no others. `facts` are
    added to the data of the event; `notes` are kept with it, for what follows from it here.
    """

    customer: Customer
    operations: Sequence[Operation] = ()
    facts: Mapping[str, object] = {}
    notes: Mapping[str, object] = {}


class Participant(Protocol):
    """Takes part in every commit of a customer, in the order of the list in `composition`."""

    name: str

    async def join(self, change: Change, context: Context) -> Joined:
        """Return what to add. May refuse the commit by raising a refusal of its own."""
        ...

    async def after(self, customer: Versioned[Customer], change: Change, context: Context) -> None:
        """Act once the commit is in: best effort, a change feed repairs what is left undone.

        May raise Unavailable or Stale.
        """
        ...
