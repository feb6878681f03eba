"""The port of a message bus, modeled on Azure Service Bus."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from shared.core.errors import Unavailable

SESSIONS = 64  # names of sessions; an instance holds as many at once, see host.json


def session_of(key: str) -> str:
    """Return the session of all messages about one thing, such as a customer.

    With few names a receiver finds more than one message in a session, and need not take up
    another for each message; one that has none is held for a while before it is given up.
    """
    return f"{int.from_bytes(hashlib.sha256(key.encode()).digest()[:4]) % SESSIONS:02d}"


class BusUnavailable(Unavailable):
    """The message bus does not respond, or this process has none."""

    code = "bus-unavailable"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to send. Those of one `session` are received in the order they were sent.

    Messages with the same `id` within the duplicate window of the entity count as one. A message is
    not received before `due`.
    """

    id: str
    body: bytes
    session: str | None = None
    content_type: str = "application/json"
    properties: Mapping[str, str] = field(default_factory=dict)
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that exceeded its deliveries; `sequence` is its number within the entity."""

    entity: str
    sequence: int
    message: Outgoing
    reason: str
    enqueued_at: datetime


class Bus(Protocol):
    """Every method may raise BusUnavailable."""

    async def send(self, entity: str, messages: Sequence[Outgoing]) -> None:
        """Send all messages to the queue or topic, in order; once it returns, none is lost.

        If it raises, some may have been sent: send all again with the same ids.
        """
        ...

    async def dead_letters(self, entity: str, *, after: int, limit: int) -> Sequence[DeadLetter]:
        """Return the dead letters of an entity with a sequence above `after`, in order."""
        ...

    async def replay(self, entity: str, sequence: int, body: bytes | None) -> bool:
        """Send a dead letter again, with `body` if given. Return whether it existed.

        It goes to the end of its queue. A crash may duplicate it, but never loses it.
        """
        ...

    async def drop(self, entity: str, sequence: int) -> bool:
        """Delete a dead letter permanently. Return whether it existed."""
        ...

    async def compact(self) -> None:
        """Leave nothing of what was removed in files of the bus, where it has any."""
        ...


class NoBus:
    """The bus of a process without one."""

    async def send(self, entity: str, messages: Sequence[Outgoing]) -> None:
        raise BusUnavailable(f"No bus is connected; {len(messages)} messages to {entity} wait.")

    async def dead_letters(self, entity: str, *, after: int, limit: int) -> Sequence[DeadLetter]:  # noqa: ARG002  # the port's names
        raise BusUnavailable("No bus is connected.")

    async def replay(self, entity: str, sequence: int, body: bytes | None) -> bool:  # noqa: ARG002  # the port's names
        raise BusUnavailable("No bus is connected.")

    async def drop(self, entity: str, sequence: int) -> bool:  # noqa: ARG002  # the port's names
        raise BusUnavailable("No bus is connected.")

    async def compact(self) -> None:
        """Do nothing: there is nothing."""
