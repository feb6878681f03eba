"""The way in for messages: understand, run, and say what became of it the only way there is.

The host completes a message when its function returns and gives it back when it raises; after so
many deliveries the bus makes it a dead letter. A function in Python cannot settle a message
itself, so what can never succeed goes that way too, with its reason noted.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

import azure.functions as func
from pydantic import BaseModel, TypeAdapter, ValidationError

from functions._work import Work
from shared.composition import wiring
from shared.core.errors import Invalid, Refusal, Unavailable
from shared.core.flaws import flaws_of
from shared.platform.topology import messaging
from shared.ports.bus import Outgoing
from shared.ports.telemetry import Attributes
from shared.sync.failure_notes import Failure, note_failure
from shared.sync.outbox import TRACEPARENT

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0  # seconds before what is unavailable is tried again
POSTPONED = timedelta(seconds=60)

C = TypeVar("C", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Received(Generic[C]):
    """A message, understood."""

    command: C
    backend: wiring.Backend
    now: datetime


Handler = Callable[[Received[Any]], Awaitable[None]]
Entry = Callable[[func.ServiceBusMessage], Awaitable[None]]


class NotUnderstood(Invalid):
    """The message is not a command of its queue."""

    code = "message-not-understood"


def receiving(queue: str, command: type[BaseModel]) -> Callable[[Handler], Entry]:
    """Make a handler of typed commands the function of a queue's trigger."""
    adapter: TypeAdapter[Any] = TypeAdapter(command)

    def made(handler: Handler) -> Entry:
        async def entry(msg: func.ServiceBusMessage) -> None:
            properties = msg.application_properties or {}
            parent = str(properties.get(TRACEPARENT, ""))
            told = _attributes(queue, msg, properties)
            with Work(handler.__name__, "consumer", parent=parent, attributes=told):
                await _run(queue, adapter, handler, msg)

        entry.__name__, entry.__doc__ = handler.__name__, handler.__doc__
        entry.__module__ = handler.__module__
        entry.__annotations__ = {"msg": func.ServiceBusMessage, "return": None}
        return entry

    return made


async def _run(
    queue: str, adapter: TypeAdapter[Any], handler: Handler, msg: func.ServiceBusMessage
) -> None:
    now, backend = datetime.now(UTC), wiring.backend()
    last = (msg.delivery_count or 1) >= messaging().queues[queue].max_deliveries
    try:
        await handler(Received(_read(adapter, msg), backend, now))
    except Unavailable as exc:
        log.warning("%s waits: %s", msg.message_id, exc.detail)
        if not last:
            await _pause(msg)
            raise
        await _postpone(queue, msg, backend, now)
    except Exception as exc:
        code = exc.code if isinstance(exc, Refusal) else "internal"
        detail = exc.detail if isinstance(exc, Refusal) else type(exc).__name__
        failure = Failure(code=code, detail=detail, at=now)
        await note_failure(str(msg.message_id), failure, backend.documents)
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


def _read(adapter: TypeAdapter[Any], msg: func.ServiceBusMessage) -> Any:
    try:
        return adapter.validate_json(msg.get_body())
    except ValidationError as exc:
        raise NotUnderstood(flaws_of(exc)) from None


async def _pause(msg: func.ServiceBusMessage) -> None:
    """Let some time pass, more with each delivery."""
    delay = FIRST_PAUSE * 2 ** ((msg.delivery_count or 1) - 1)
    await asyncio.sleep(min(delay, LONGEST_PAUSE))


async def _postpone(
    queue: str, msg: func.ServiceBusMessage, backend: wiring.Backend, now: datetime
) -> None:
    """Have it come later and afresh: it has no delivery left, and has done no wrong."""
    again = Outgoing(
        id=f"{msg.message_id}+",
        body=msg.get_body(),
        session=msg.session_id,
        content_type=msg.content_type or "",
        properties={name: str(one) for name, one in (msg.application_properties or {}).items()},
        due=now + POSTPONED,
    )
    await backend.bus.send(queue, [again])
