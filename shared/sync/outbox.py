"""Passing on what was committed: events to whoever subscribes to them, commands to their queue."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic_core import to_json

from shared.core.values import as_text
from shared.customers.domain.events import RETENTION_SECONDS
from shared.ports.bus import Bus, Outgoing
from shared.ports.documents import Documents, Put
from shared.sync.documents import SYNC_OPERATION
from shared.sync.domain.operations import SynchronizeCustomer
from shared.sync.operations import enlist

EVENT = "event"  # the type of the documents that a customer's commit leaves
EVENTS = "events"  # the topic
CUSTOMER_SYNC = "customer-sync"  # the queue
RELAYED = "relayed"
TRACEPARENT = "traceparent"

Body = Mapping[str, Any]


async def relay(changes: Sequence[Body], *, bus: Bus, documents: Documents, now: datetime) -> None:
    """Pass on the events and commands among the changes, each in their order.

    Raises BusUnavailable and StoreUnavailable; then pass on all of them again. The customer is the
    session of its messages, so that they are received in order; their ids follow from what they
    say, so that the bus knows one that comes twice.
    """
    events = [one["event"] for one in changes if one.get("type") == EVENT]
    operations = [one for one in changes if one.get("type") == SYNC_OPERATION]
    asked = [one for one in operations if one["kind"] == "create"]
    commands = [_command(one) for one in asked if one["status"] == "Pending"]
    if events:
        await bus.send(EVENTS, [_message(event) for event in events])
    if commands:
        await bus.send(CUSTOMER_SYNC, commands)
    await asyncio.gather(
        *(enlist(one, documents) for one in asked),
        *(_note(event, documents, now) for event in _last_of_each(events)),
    )


def relayed_place(customer_id: str) -> tuple[str]:
    """Return where it is noted how far the events of a customer have been passed on."""
    return (f"{RELAYED}:{customer_id}",)


def carried(traceparent: str | None) -> dict[str, str]:
    """Return the properties by which a message carries its trace on; the second is the older."""
    return {TRACEPARENT: traceparent, "Diagnostic-Id": traceparent} if traceparent else {}


async def _note(event: Body, documents: Documents, now: datetime) -> None:
    version = event["data"]["version"]
    body = {"id": RELAYED, "version": version, "at": as_text(now), "ttl": RETENTION_SECONDS}
    [key] = place = relayed_place(event["subject"])
    await documents.commit("requests", place, [Put(body | {"key": key})])


def _last_of_each(events: Sequence[Body]) -> list[Body]:
    return list({event["subject"]: event for event in events}.values())


def _message(event: Body) -> Outgoing:
    return Outgoing(
        id=event["id"],
        body=to_json(event),
        session=event["subject"],
        content_type="application/cloudevents+json",
        properties={
            "type": event["type"],
            "legalEntity": event["data"]["legalEntity"],
            **carried(event.get(TRACEPARENT)),
        },
    )


def _command(operation: Body) -> Outgoing:
    command = SynchronizeCustomer(
        legal_entity=operation["legalEntity"],
        customer_id=operation["customerId"],
        asked=operation["asked"],
    )
    return Outgoing(
        id=f"{command.customer_id}:sync:{command.asked}",
        body=command.model_dump_json(by_alias=True).encode(),
        session=command.customer_id,
        properties={
            "type": command.kind,
            "legalEntity": command.legal_entity,
            **carried(operation.get(TRACEPARENT)),
        },
    )
