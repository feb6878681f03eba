"""Service Bus triggers, fed by the embedded bus."""

import asyncio
import json
import logging
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from azure.functions.meta import Datum

from local.bus import Received, SqliteBus, subscription
from local.host.functions import Function, decode
from shared.topology import topics

log = logging.getLogger(__name__)

IDLE = 0.2  # seconds between looks at a queue that is empty
TEXTS = ("MessageId", "SessionId", "CorrelationId", "Subject", "ContentType")


def entity_of(function: Function) -> str:
    """Return the queue, or the subscription as the bus names it."""
    trigger = function.trigger
    if "queueName" in trigger:
        return str(trigger["queueName"])
    return subscription(trigger["topicName"], trigger["subscriptionName"])


def subscriptions(functions: Iterable[Function]) -> dict[str, list[str]]:
    """Return the subscriptions of each topic: those of topology.json, and those that are served."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for topic in topics().values():
        found[topic.name] += topic.subscriptions
    for one in functions:
        if one.kind == "serviceBusTrigger" and "topicName" in one.trigger:
            found[one.trigger["topicName"]].append(one.trigger["subscriptionName"])
    return {topic: list(dict.fromkeys(names)) for topic, names in found.items()}


async def receive(function: Function, bus: SqliteBus) -> None:
    """Take message after message: completed when the function returns, given back if it fails."""
    entity = entity_of(function)
    while True:
        received = await bus.receive(entity)
        if received is None:
            await asyncio.sleep(IDLE)
            continue
        try:
            await function.invoke(message(received))
        except Exception:
            log.exception("Executed 'Functions.%s' (Failed)", function.name)
            await bus.abandon(received)
        else:
            await bus.complete(received)


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
    metadata |= {name: Datum(json.dumps(value), "json") for name, value in counted.items()}
    return decode("serviceBusTrigger", Datum(received.message.body, "bytes"), metadata)
