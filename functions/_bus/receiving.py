"""The edge of the bus: parse a message, run its handler, return or raise.

The host completes a message when its function returns and abandons it when it raises; after the
maximum number of deliveries the bus dead-letters it. A function in Python cannot settle a message
itself, so a message that can never succeed is dead-lettered that way too, with the reason noted.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

import azure.functions as func
from pydantic import BaseModel, TypeAdapter

from functions._bus.commands import COMMANDS, read
from functions._work import Work
from shared.composition import wiring
from shared.core.errors import Refusal, Unavailable
from shared.platform.topology import messaging
from shared.ports.bus import Outgoing
from shared.ports.telemetry import Attributes
from shared.sync.domain.failures import Failure
from shared.sync.failure_notes import note_failed_delivery
from shared.sync.outbox import TRACEPARENT

log = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS, MAX_PAUSE_SECONDS = 0.2, 10.0
MAX_PAUSE_AFTER_ERROR_SECONDS = 0.5  # it will hardly pass, and others of the session wait
POSTPONEMENT = timedelta(seconds=60)

C = TypeVar("C", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Received(Generic[C]):
    """A message whose body was parsed. `is_last` if it is a dead letter where this fails."""

    command: C
    backend: wiring.Backend
    now: datetime
    is_last: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where messages come from, and where one is sent that has to come again."""

    entity: str
    again: str


Handler = Callable[[Received[Any]], Awaitable[None]]
Entry = Callable[[func.ServiceBusMessage], Awaitable[None]]


def receiving(
    queue: str, command: type[BaseModel], *, again: str | None = None
) -> Callable[[Handler], Entry]:
    """Return a decorator that turns a handler of typed commands into the function of a queue.

    Or of a subscription, by its path: what is postponed then goes to the queue `again`, because
    what is sent to a topic reaches every subscriber.
    """
    COMMANDS[queue] = TypeAdapter(command)

    def decorated(handler: Handler) -> Entry:
        async def entry(msg: func.ServiceBusMessage) -> None:
            properties = msg.application_properties or {}
            parent = str(properties.get(TRACEPARENT, ""))
            attributes = _attributes(queue, msg, properties)
            with Work(handler.__name__, "consumer", parent=parent, attributes=attributes):
                await _run(Place(queue, again or queue), handler, msg)

        entry.__name__, entry.__doc__ = handler.__name__, handler.__doc__
        entry.__module__ = handler.__module__
        entry.__annotations__ = {"msg": func.ServiceBusMessage, "return": None}
        return entry

    return decorated


async def _run(place: Place, handler: Handler, msg: func.ServiceBusMessage) -> None:
    now, backend = datetime.now(UTC), wiring.backend()
    entity = messaging().entities()[place.entity]
    is_last = (msg.delivery_count or 1) >= entity.max_deliveries
    try:
        await handler(Received(_read(place, msg), backend, now, is_last))
    except Unavailable as exc:
        log.warning("%s is tried again: %s", msg.message_id, exc.detail)
        if not is_last:
            await _pause(msg, MAX_PAUSE_SECONDS)
            raise
        await _postpone(place.again, msg, backend, now)
    except Exception as exc:
        code = exc.code if isinstance(exc, Refusal) else "internal"
        detail = exc.detail if isinstance(exc, Refusal) else type(exc).__name__
        failure = Failure(code=code, detail=detail, at=now)
        await note_failed_delivery(str(msg.message_id), failure, backend.documents)
        # The SDK would deliver it again at once, and use up all deliveries within a moment.
        await _pause(msg, MAX_PAUSE_AFTER_ERROR_SECONDS)
        raise


def _attributes(
    queue: str, msg: func.ServiceBusMessage, properties: Mapping[str, Any]
) -> Attributes:
    return {
        "messaging.system": "servicebus",
        "messaging.operation.type": "process",
        "messaging.destination.name": queue,
        "messaging.message.id": str(msg.message_id),
        "messaging.servicebus.message.delivery_count": msg.delivery_count or 1,
        "libro.legal_entity": str(properties.get("legalEntity", "")),
    }


def _read(place: Place, msg: func.ServiceBusMessage) -> Any:
    company = (msg.application_properties or {}).get("legalEntity", "")
    return read(place.entity, msg.get_body(), str(company))


async def _pause(msg: func.ServiceBusMessage, longest: float) -> None:
    """Wait before the message is abandoned, longer with each delivery."""
    delay = FIRST_PAUSE_SECONDS * 2 ** ((msg.delivery_count or 1) - 1)
    await asyncio.sleep(min(delay, longest))


async def _postpone(
    queue: str, msg: func.ServiceBusMessage, backend: wiring.Backend, now: datetime
) -> None:
    """Send a copy for later: the message has no delivery left, and nothing is wrong with it."""
    copy = Outgoing(
        id=f"{msg.message_id}+",
        body=msg.get_body(),
        session=msg.session_id,
        content_type=msg.content_type or "",
        properties={name: str(value) for name, value in (msg.application_properties or {}).items()},
        due=now + POSTPONEMENT,
    )
    await backend.bus.send(queue, [copy])
