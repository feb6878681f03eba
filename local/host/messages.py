"""Service Bus triggers, served from the embedded bus or a Service Bus namespace."""

import asyncio
import json
import logging
import time
from collections.abc import Coroutine, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from azure.functions.meta import Datum

from local.bus.choice import Session, Source
from local.bus.tables import Received
from local.host.functions import Function, decode
from local.host.hostfile import Receiving, receiving
from shared.platform.topology import Entity, Messaging, Topic, messaging, subscription

log = logging.getLogger(__name__)

POLL_SECONDS = 0.2  # while a queue is empty
MAX_LOOKING = 4  # for sessions at once
MAX_WAIT_SECONDS = 1.0  # for a message, before looking whether the host is to stop
RENEW_SECONDS = 10.0
TEXT_PROPERTIES = ("MessageId", "SessionId", "CorrelationId", "Subject", "ContentType")


def entity_of(function: Function) -> str:
    """Return the path of the queue or subscription, as the bus names it."""
    trigger = function.trigger
    if "queueName" in trigger:
        return str(trigger["queueName"])
    return subscription(trigger["topicName"], trigger["subscriptionName"])


def layout(functions: Iterable[Function]) -> Messaging:
    """Return the queues and topics of topology.json, and those that the functions name besides."""
    configured = messaging()
    topics = dict(configured.topics)
    for function in functions:
        if function.kind == "serviceBusTrigger" and "topicName" in function.trigger:
            topic = topics.get(function.trigger["topicName"], Topic(function.trigger["topicName"]))
            if entity_of(function) not in {existing.path for existing in topic.subscriptions}:
                subscriptions = (*topic.subscriptions, _entity(function))
                topics[topic.name] = replace(topic, subscriptions=subscriptions)
    queues = {
        function.trigger["queueName"]: _entity(function)
        for function in functions
        if function.kind == "serviceBusTrigger" and "queueName" in function.trigger
    }
    return Messaging(queues | dict(configured.queues), topics)


def _entity(function: Function) -> Entity:
    return Entity(entity_of(function), sessions=bool(function.trigger.get("isSessionsEnabled")))


async def receive(function: Function, source: Source) -> None:
    """Process messages as host.json says: so many at once, or so many sessions at once."""
    if function.trigger.get("isSessionsEnabled"):
        await HeldSessions(function, source, receiving()).run()
    else:
        await _receive_messages(function, source, receiving())


async def _receive_messages(function: Function, source: Source, limits: Receiving) -> None:
    entity = entity_of(function)
    busy: set[asyncio.Task[None]] = set()
    try:
        while True:
            for received in await source.receive(entity, limits.max_calls - len(busy)):
                _start(_deliver(function, received, source, limits), busy)
            if len(busy) == limits.max_calls:
                await asyncio.wait(busy, return_when=asyncio.FIRST_COMPLETED)
            elif busy:
                await asyncio.wait(busy, timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            else:
                await asyncio.sleep(POLL_SECONDS)
    finally:
        await asyncio.gather(*busy)


class HeldSessions:
    """As many sessions as may be held, each as long as it has messages and a moment longer."""

    def __init__(self, function: Function, source: Source, limits: Receiving) -> None:
        self._function, self._source, self._limits = function, source, limits
        self._room = asyncio.Semaphore(limits.max_sessions)
        self._busy: set[asyncio.Task[None]] = set()
        self._stops = False

    async def run(self) -> None:
        """Let several look for sessions, because each waits until there is one."""
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(self._limits.max_sessions, MAX_LOOKING)):
                    group.create_task(self._look())
        finally:
            self._stops = True
            await asyncio.gather(*self._busy, return_exceptions=True)

    async def _look(self) -> None:
        while True:
            await self._room.acquire()
            session: Session | None = None
            try:
                session = await self._source.accept(entity_of(self._function))
            finally:
                if session is None:
                    self._room.release()
            if session is None:
                await asyncio.sleep(POLL_SECONDS)
                continue
            held = _start(self._hold(session), self._busy)
            held.add_done_callback(lambda _: self._room.release())

    async def _next(self, session: Session) -> Received | None:
        """Return the next message; none once the session was idle, or this host is to stop."""
        end = time.monotonic() + self._limits.session_idle
        while not self._stops and (left := end - time.monotonic()) > 0:
            if received := await session.next(min(left, MAX_WAIT_SECONDS)):
                return received
        return None

    async def _hold(self, session: Session) -> None:
        """Process the messages of a session, one after the other, until it has been idle."""
        try:
            while received := await self._next(session):
                await _deliver(self._function, received, self._source, self._limits)
        except Exception:  # a session that is lost is taken up again by whoever looks for one
            log.exception("A session of %s was lost", entity_of(self._function))
        finally:
            await session.release()


def _start(work: Coroutine[Any, Any, None], busy: set[asyncio.Task[None]]) -> asyncio.Task[None]:
    task = asyncio.create_task(work)
    busy.add(task)
    task.add_done_callback(busy.discard)
    return task


async def _deliver(
    function: Function, received: Received, source: Source, limits: Receiving
) -> None:
    """Complete the message when the function returns, abandon it if the function fails."""
    entity = entity_of(function)
    renewal = asyncio.create_task(_renew_lock(entity, received, source, limits))
    try:
        await function.invoke(message(received))
    except Exception:
        log.exception("Executed 'Functions.%s' (Failed)", function.name)
        settlement = source.abandon(received)
    else:
        settlement = source.complete(received)
    finally:
        renewal.cancel()
    try:
        await settlement
    except Exception:  # the lock expires, and the message is delivered again
        log.exception("A message of %s could not be completed or abandoned", entity)


async def _renew_lock(entity: str, received: Received, source: Source, limits: Receiving) -> None:
    end = time.monotonic() + limits.max_renewal
    while time.monotonic() < end:
        await asyncio.sleep(RENEW_SECONDS)
        await source.renew(entity, received)


def message(received: Received) -> Any:
    """Return the message as the real host's extension delivers it, with the same omissions."""
    properties = received.message.properties
    own = properties.get("ApplicationProperties", {})
    if reason := properties.get("DeadLetterReason"):
        own = {**own, "DeadLetterReason": reason}
    # The extension omits the time zone: arithmetic with an aware `now` fails there, too.
    enqueued = datetime.fromtimestamp(received.enqueued, UTC).replace(tzinfo=None).isoformat()
    metadata = {
        name: Datum(properties[name], "string") for name in TEXT_PROPERTIES if properties.get(name)
    }
    json_properties = {
        "DeliveryCount": received.deliveries,
        "SequenceNumber": received.sequence,
        "ApplicationProperties": own,
        "UserProperties": own,
        "EnqueuedTimeUtc": enqueued,
    }
    if subject := properties.get("Subject"):
        metadata["Label"] = Datum(subject, "string")
    if received.lock_token:
        metadata["LockToken"] = Datum(received.lock_token, "string")
    metadata |= {name: Datum(json.dumps(value), "json") for name, value in json_properties.items()}
    return decode("serviceBusTrigger", Datum(received.message.body, "bytes"), metadata)
