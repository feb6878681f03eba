"""The context of one call: in which company, on whose behalf, when, and the ports to run with."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import NAMESPACE_URL, uuid4, uuid5

from shared.configuration.cache import Configuration
from shared.configuration.domain.companies import CustomerInsights
from shared.configuration.domain.measure_definitions import InsightsHealth, MeasurePage
from shared.configuration.number_blocks import Numbers
from shared.ports.documents import Documents, Partition
from shared.ports.insights import Client
from shared.ports.telemetry import traceparent


class AccountNumbers(Protocol):
    """Which customer an account number names."""

    async def customer_key(self, legal_entity: str, account_number: str) -> str | None:
        """Return the GUID of the customer, or None."""
        ...


class PointNames(Protocol):
    """How contact points are named where their values must not stand."""

    def name(self, legal_entity: str, kind: str, normal: str) -> str:
        """Return the keyed hash of the point."""
        ...


class Measures(Protocol):
    """The measures of customers, and the connection that they come from."""

    async def page(self, legal_entity: str, clients: Sequence[Client]) -> MeasurePage:
        """Return the measures of these clients, within half a second."""
        ...

    async def check(self, legal_entity: str, connection: CustomerInsights) -> None:
        """Try the connection. Raises Invalid, with a pointer to what is wrong."""
        ...

    def check_secret(self, legal_entity: str, connection: CustomerInsights) -> None:
        """Raise Invalid for a secret that the company may not name."""
        ...

    def health(self, legal_entity: str, connection: CustomerInsights) -> InsightsHealth:
        """Return what the last check or fetch found out."""
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """`fingerprint` names the request, where it may be repeated, so that ids come out the same.

    `done_at` is when it happened, where that was before `now`, in a channel that was offline.
    `channel` is the store or online channel that acts, if one does, and `source` where what it
    passes on was said, if that is not where the actor works. `participants` write with
    every change of a customer: see customers/participants.py. `traceparent` is the trace that
    this call is part of, and that what follows from it continues. `left_to_feed` gathers what a
    commit could not do afterwards, by participant: it is kept, and follows from its event.
    """

    legal_entity: str
    actor: str
    now: datetime
    documents: Documents
    configuration: Configuration
    numbers: Numbers
    accounts: AccountNumbers
    measures: Measures
    point_names: PointNames
    participants: Sequence[Any] = ()
    fingerprint: str | None = None
    done_at: datetime | None = None
    channel: str | None = None
    source: str | None = None
    traceparent: str | None = field(default_factory=traceparent)
    left_to_feed: set[str] = field(default_factory=set, compare=False)

    @property
    def decided_at(self) -> datetime:
        """Return when the customer took the decisions that this call records."""
        return self.done_at or self.now

    def new_id(self) -> str:
        """Return a new GUID; the same one each time where the request may be repeated."""
        if self.fingerprint is None:
            return str(uuid4())
        return str(uuid5(NAMESPACE_URL, f"libro:{self.fingerprint}"))

    def partition(self, name: str) -> Partition:
        """Return a partition of this company: the finer level first, as in topology.json."""
        return (name, self.legal_entity)

    def turn(self, *names: str) -> Hashable:
        """Return what writers wait for in turn: a thing of this company, in this store."""
        return (self.documents, self.legal_entity, *names)
