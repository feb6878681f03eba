"""Service Bus triggers, fed by the embedded bus."""

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

IDLE = 0.2  # seconds between looks at a queue that is empty
AT_ONCE = 16  # messages, which is the real host's default too
RENEW = 10.0  # seconds
TEXTS = ("MessageId", "SessionId", "CorrelationId", "Subject", "ContentType")


def entity_of(function: Function) -> str:
    """Return the queue, or the subscription as the bus names it."""
    trigger = function.trigger
    if "queueName" in trigger:
        return str(trigger["queueName"])
    return subscription(trigger["topicName"], trigger["subscriptionName"])


def layout(functions: Iterable[Function]) -> Messaging:
    """Return the queues and topics of topology.json, and beside them those that are served."""
    found = messaging()
    topics = dict(found.topics)
    for one in functions:
        if one.kind == "serviceBusTrigger" and "topicName" in one.trigger:
            topic = topics.get(one.trigger["topicName"], Topic(one.trigger["topicName"]))
            if entity_of(one) not in {known.path for known in topic.subscriptions}:
                served = (*topic.subscriptions, _entity(one))
                topics[topic.name] = replace(topic, subscriptions=served)
    queues = {
        one.trigger["queueName"]: _entity(one)
        for one in functions
        if one.kind == "serviceBusTrigger" and "queueName" in one.trigger
    }
    return Messaging(queues | dict(found.queues), topics)


def _entity(function: Function) -> Entity:
    return Entity(entity_of(function), sessions=bool(function.trigger.get("isSessionsEnabled")))


async def receive(function: Function, source: Source) -> None:
    """Serve messages side by side, those of one session one after the other."""
    entity = entity_of(function)
    busy: set[asyncio.Task[None]] = set()
    try:
        while True:
            for received in await source.receive(entity, AT_ONCE - len(busy)):
                task = asyncio.create_task(_hand_over(function, entity, received, source))
                busy.add(task)
                task.add_done_callback(busy.discard)
            if len(busy) == AT_ONCE:
                await asyncio.wait(busy, return_when=asyncio.FIRST_COMPLETED)
            elif busy:
                await asyncio.wait(busy, timeout=IDLE, return_when=asyncio.FIRST_COMPLETED)
            else:
                await asyncio.sleep(IDLE)
    finally:
        await asyncio.gather(*busy)


async def _hand_over(function: Function, entity: str, received: Received, source: Source) -> None:
    """Complete the message when the function returns, give it back if it fails."""
    keeping = asyncio.create_task(_keep(entity, received, source))
    try:
        await function.invoke(message(received))
    except Exception:
        log.exception("Executed 'Functions.%s' (Failed)", function.name)
        settled = source.abandon(received)
    else:
        settled = source.complete(received)
    finally:
        keeping.cancel()
    try:
        await settled
    except Exception:  # the lock runs out, and the message comes again
        log.exception("A message of %s could not be settled", entity)


async def _keep(entity: str, received: Received, source: Source) -> None:
    while True:
        await asyncio.sleep(RENEW)
        await source.renew(entity, received)


def message(received: Received) -> Any:
    """Return the message as the real host's extension delivers it, its omissions included."""
    properties = received.message.properties
    own = properties.get("ApplicationProperties", {})
    if reason := properties.get("DeadLetterReason"):
        own = {**own, "DeadLetterReason": reason}
    # The extension leaves out the time zone, so arithmetic with an aware `now` fails there too.
    enqueued = datetime.fromtimestamp(received.enqueued, UTC).replace(tzinfo=None).isoformat()
    metadata = {name: Datum(properties[name], "string") for name in TEXTS if properties.get(name)}
    counted = {
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
    metadata |= {name: Datum(json.dumps(value), "json") for name, value in counted.items()}
    return decode("serviceBusTrigger", Datum(received.message.body, "bytes"), metadata)
