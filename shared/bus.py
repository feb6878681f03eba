"""What the use cases need of a message bus, shaped by Azure Service Bus."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from shared.errors import Unavailable


class BusUnavailable(Unavailable):
    """The bus does not answer, or there is none in this process."""

    code = "bus-unavailable"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to send. Those of one `session` are received in the order they were sent.

    The same `id` within the entity's window for duplicates is one message.
    """

    id: str
    body: bytes
    session: str | None = None
    content_type: str = "application/json"
    properties: Mapping[str, str] = field(default_factory=dict)


class Bus(Protocol):
    async def send(self, entity: str, messages: Sequence[Outgoing]) -> None:
        """Send all to the queue or topic, in order; once it returns, none of them is lost.

        Raises BusUnavailable; then some may have been sent, so send them again with their ids.
        """
        ...


class NoBus:
    """The bus of a process that has none."""

    async def send(self, entity: str, messages: Sequence[Outgoing]) -> None:
        raise BusUnavailable(f"No bus is connected; {len(messages)} messages to {entity} wait.")
