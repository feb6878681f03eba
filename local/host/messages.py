"""Service Bus triggers, served from the embedded bus or a Service Bus namespace."""

import asyncio
import json
import logging
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from azure.functions.meta import Datum

from local.bus.choice import Source
from local.bus.tables import Received
from local.host.functions import Function, decode
from shared.platform.topology import Entity, Messaging, Topic, messaging, subscription

log = logging.getLogger(__name__)

POLL_SECONDS = 0.2  # while a queue is empty
MAX_CONCURRENT = 16  # messages; the real host's default
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
    """Process messages concurrently, but those of one session one after the other."""
    entity = entity_of(function)
    busy: set[asyncio.Task[None]] = set()
    try:
        while True:
            for received in await source.receive(entity, MAX_CONCURRENT - len(busy)):
                task = asyncio.create_task(_deliver(function, entity, received, source))
                busy.add(task)
                task.add_done_callback(busy.discard)
            if len(busy) == MAX_CONCURRENT:
                await asyncio.wait(busy, return_when=asyncio.FIRST_COMPLETED)
            elif busy:
                await asyncio.wait(busy, timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            else:
                await asyncio.sleep(POLL_SECONDS)
    finally:
        await asyncio.gather(*busy)


async def _deliver(function: Function, entity: str, received: Received, source: Source) -> None:
    """Complete the message when the function returns, abandon it if the function fails."""
    renewal = asyncio.create_task(_renew_lock(entity, received, source))
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


async def _renew_lock(entity: str, received: Received, source: Source) -> None:
    while True:
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
