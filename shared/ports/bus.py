"""What the use cases need of a message bus, shaped by Azure Service Bus."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from shared.core.errors import Unavailable


class BusUnavailable(Unavailable):
    """The bus does not answer, or there is none in this process."""

    code = "bus-unavailable"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to send. Those of one `session` are received in the order they were sent.

    The same `id` within the entity's window for duplicates is one message. Before `due` it is not
    received.
    """

    id: str
    body: bytes
    session: str | None = None
    content_type: str = "application/json"
    properties: Mapping[str, str] = field(default_factory=dict)
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was delivered too often; `sequence` is its number within the entity."""

    entity: str
    sequence: int
    message: Outgoing
    reason: str
    enqueued_at: datetime


class Bus(Protocol):
    """Every method may raise BusUnavailable."""

    async def send(self, entity: str, messages: Sequence[Outgoing]) -> None:
        """Send all to the queue or topic, in order; once it returns, none of them is lost.

        When it raises, some may have been sent, so send them again with their ids.
        """
        ...

    async def dead_letters(self, entity: str, *, after: int, limit: int) -> Sequence[DeadLetter]:
        """Return those of a queue or subscription whose sequence is above `after`, in order."""
        ...

    async def replay(self, entity: str, sequence: int, body: bytes | None) -> bool:
        """Send a dead letter again, with another body if one is given, and tell if it was there.

        It comes at the end of its queue. A crash on the way leaves it twice, never nowhere.
        """
        ...

    async def drop(self, entity: str, sequence: int) -> bool:
        """Remove a dead letter for good, and tell if it was there."""
        ...


class NoBus:
    """The bus of a process that has none."""

    async def send(self, entity: str, messages: Sequence[Outgoing]) -> None:
        raise BusUnavailable(f"No bus is connected; {len(messages)} messages to {entity} wait.")

    async def dead_letters(self, entity: str, *, after: int, limit: int) -> Sequence[DeadLetter]:  # noqa: ARG002  # the port's names
        raise BusUnavailable("No bus is connected.")

    async def replay(self, entity: str, sequence: int, body: bytes | None) -> bool:  # noqa: ARG002  # the port's names
        raise BusUnavailable("No bus is connected.")

    async def drop(self, entity: str, sequence: int) -> bool:  # noqa: ARG002  # the port's names
        raise BusUnavailable("No bus is connected.")
