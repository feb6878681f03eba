"""One context: in which company, on whose behalf, when, and the ports to run it with."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import NAMESPACE_URL, uuid4, uuid5

from shared.configuration.cache import Configuration
from shared.configuration.number_blocks import Numbers
from shared.customers.directory.account_numbers import Accounts
from shared.measures.measures import Measures
from shared.ports.documents import Documents, Partition
from shared.ports.telemetry import traceparent


@dataclass(frozen=True, slots=True)
class Context:
    """`fingerprint` names the request, where it may come twice, so that ids come out the same.

    `done_at` is when it was done where that was before `now`, by a channel that was offline.
    `traceparent` is the trace that it is part of, and that what follows from it goes on with.
    """

    legal_entity: str
    actor: str
    now: datetime
    documents: Documents
    configuration: Configuration
    numbers: Numbers
    accounts: Accounts
    measures: Measures
    fingerprint: str | None = None
    done_at: datetime | None = None
    traceparent: str | None = field(default_factory=traceparent)

    @property
    def decided_at(self) -> datetime:
        """Return when the customer decided what this context says of her consent."""
        return self.done_at or self.now

    def new_id(self) -> str:
        if self.fingerprint is None:
            return str(uuid4())
        return str(uuid5(NAMESPACE_URL, f"libro:{self.fingerprint}"))

    def place(self, *rest: str) -> Partition:
        """Return a partition of this company."""
        return (self.legal_entity, *rest)
