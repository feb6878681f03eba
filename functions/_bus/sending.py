"""Messages that continue the trace of the change they describe."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace

from shared.composition.telemetry import telemetry
from shared.ports.bus import Bus, DeadLetter, Outgoing
from shared.ports.telemetry import traceparent
from shared.sync.outbox import TRACEPARENT, trace_properties


class TracingBus:
    """A bus that records a span for each message it sends, in the message's own trace."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def send(self, entity: str, messages: Sequence[Outgoing]) -> None:
        sender = traceparent()
        with ExitStack() as spans:
            if telemetry().on:
                messages = [_traced(message, entity, sender, spans) for message in messages]
            await self._bus.send(entity, messages)

    async def dead_letters(self, entity: str, *, after: int, limit: int) -> Sequence[DeadLetter]:
        return await self._bus.dead_letters(entity, after=after, limit=limit)

    async def replay(self, entity: str, sequence: int, body: bytes | None) -> bool:
        return await self._bus.replay(entity, sequence, body)

    async def drop(self, entity: str, sequence: int) -> bool:
        return await self._bus.drop(entity, sequence)

    async def compact(self) -> None:
        await self._bus.compact()


def _traced(message: Outgoing, entity: str, sender: str | None, spans: ExitStack) -> Outgoing:
    span = telemetry().span(
        f"send {entity}",
        "producer",
        parent=message.properties.get(TRACEPARENT),
        links=[sender] if sender else [],
        attributes={
            "messaging.system": "servicebus",
            "messaging.operation.type": "send",
            "messaging.destination.name": entity,
            "messaging.message.id": message.id,
            "libro.legal_entity": message.properties.get("legalEntity", ""),
        },
    )
    spans.enter_context(span)
    return replace(message, properties={**message.properties, **trace_properties(span.traceparent)})
