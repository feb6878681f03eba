"""Passing on what was committed: events to their topic, commands to their queue."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from pydantic_core import to_json

from shared.consent.spreading.spreads import FOLLOWED, enlist, is_followed
from shared.core.concurrency import side_by_side
from shared.customers.customers import EVENT, event_in
from shared.ports.bus import Bus, Outgoing, session_of
from shared.ports.changes import Change, check_reached
from shared.ports.documents import Documents
from shared.sync.documents import (
    SYNC_OPERATION,
    RelayMark,
    operation_in,
    progress_of,
    put_relay_mark,
    update_lists,
)
from shared.sync.domain.operations import SynchronizeCustomer, SyncOperation

EVENTS = "events"  # the topic
CUSTOMER_SYNC = "customer-sync"  # the queue
TRACEPARENT = "traceparent"
LEGACY_TRACEPARENT = "Diagnostic-Id"
READS_AT_ONCE = 16

Body = Mapping[str, Any]


async def relay_changes(
    changes: Sequence[Change], *, bus: Bus, documents: Documents, now: datetime
) -> None:
    """Send the events and commands among the changed documents, each in their order.

    They are read: what a feed hands over may be written otherwise. Raises BusUnavailable,
    StoreUnavailable and Lagging; then relay all of them again. Messages of one customer have one
    session, so that they are received in order; their ids follow from their content, so that the
    bus detects duplicates.
    """
    told = [change for change in changes if change.type in {EVENT, SYNC_OPERATION}]
    bodies = await side_by_side(told, partial(_read, documents=documents), at_once=READS_AT_ONCE)
    stored = [body for body in bodies if event_in(body)]
    events = [body["event"] for body in stored]
    operations = [operation for body in bodies if (operation := operation_in(body))]
    creations = [operation for operation in operations if operation.kind == "create"]
    commands = [_command(creation) for creation in creations if creation.status == "Pending"]
    followed = [body["event"] for body in stored if is_followed(body)]
    await side_by_side(followed, partial(enlist, documents=documents), at_once=READS_AT_ONCE)
    if events:
        await bus.send(EVENTS, [_message(body) for body in stored])
    if commands:
        await bus.send(CUSTOMER_SYNC, commands)
    await asyncio.gather(
        *(update_lists(creation, documents) for creation in creations),
        *(_mark(event, documents, now) for event in _last_of_each(events)),
    )


async def _read(change: Change, *, documents: Documents) -> Body:
    """Return the changed document, at least as new as was told. One point read."""
    document = await documents.read(change.container, change.partition, change.id)
    check_reached(progress_of(document.body) if document else None, progress_of(change.numbers))
    return document.body if document else {}


def trace_properties(traceparent: str | None) -> dict[str, str]:
    """Return the properties by which a message carries its trace, the older one too."""
    return {TRACEPARENT: traceparent, LEGACY_TRACEPARENT: traceparent} if traceparent else {}


async def _mark(event: Body, documents: Documents, now: datetime) -> None:
    await put_relay_mark(event["subject"], RelayMark(event["data"]["version"], now), documents)


def _last_of_each(events: Sequence[Body]) -> list[Body]:
    return list({event["subject"]: event for event in events}.values())


def _message(body: Body) -> Outgoing:
    event = body["event"]
    return Outgoing(
        id=event["id"],
        body=to_json(event),
        session=event["subject"],
        content_type="application/cloudevents+json",
        properties={
            "type": event["type"],
            "legalEntity": event["data"]["legalEntity"],
            "customerId": event["subject"],
            **({FOLLOWED: "1"} if is_followed(body) else {}),
            **trace_properties(event.get(TRACEPARENT)),
        },
    )


def _command(creation: SyncOperation) -> Outgoing:
    command = SynchronizeCustomer(
        legal_entity=creation.legal_entity,
        customer_id=creation.customer_id,
        asked=creation.asked,
    )
    return Outgoing(
        id=f"{command.customer_id}:sync:{command.asked}",
        body=command.model_dump_json(by_alias=True).encode(),
        session=session_of(command.customer_id),
        properties={
            "type": command.kind,
            "legalEntity": command.legal_entity,
            "customerId": command.customer_id,
            **trace_properties(creation.traceparent),
        },
    )
