"""Events on their way to the bus: in order, at least once, whoever dies in between."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest

from functions.sync import feed_events
from local.bus.sqlite import SqliteBus
from local.bus.tables import Received
from local.folder import Folder
from local.host.app import Host
from local.store import SqliteDocuments
from shared.core.retry import ANY
from shared.customers.creation.creation import create_customer
from shared.customers.customers import edit_customer
from shared.customers.domain.creation import NewCustomer
from shared.customers.domain.customers import CustomerEdit
from shared.platform.topology import Entity, Messaging, Topic, subscription
from shared.ports.bus import Bus, BusUnavailable, NoBus, Outgoing
from shared.ports.changes import Change
from shared.ports.documents import Put
from shared.sync.outbox import relay_changes
from tests.api import COMPANY

PROBE = subscription("events", "probe")
LAYOUT = Messaging({}, {"events": Topic("events", subscriptions=(Entity(PROBE),))})
NEW = NewCustomer(store_number="HOUSTON", first_name="Karen", last_name="Berg")


@pytest.fixture
def folder(configured: Path, tmp_path: Path) -> Folder:
    return Folder(shutil.copytree(configured, tmp_path / "data"))


@pytest.fixture
async def bus(folder: Folder) -> AsyncIterator[SqliteBus]:
    bus = SqliteBus(folder.bus, LAYOUT)
    yield bus
    bus.close()


@pytest.fixture
def documents(folder: Folder) -> Iterator[SqliteDocuments]:
    documents = SqliteDocuments(folder.database)
    yield documents
    documents.close()


async def relayed(events: list[dict[str, Any]], bus: Bus, documents: SqliteDocuments) -> None:
    for event in events:
        body = {"id": event["id"].replace(":", "-"), "type": "event", "event": event}
        await documents.commit("customers", ("c", COMPANY), [Put(body)])
    changes = [
        Change("customers", ("c", COMPANY), event["id"].replace(":", "-"), "event", COMPANY)
        for event in events
    ]
    await relay_changes(changes, bus=bus, documents=documents, now=datetime.now(UTC))


async def next_message(bus: SqliteBus) -> Received:
    async with asyncio.timeout(10):
        while not (found := await bus.receive(PROBE)):
            await asyncio.sleep(0.02)
    return found[0]


def an_event(version: int) -> dict[str, Any]:
    return {
        "id": f"c:{version}",
        "subject": "c",
        "type": "customer.changed",
        "data": {"legalEntity": COMPANY, "version": version},
    }


async def test_an_event_travels_with_what_subscribers_filter_by(
    bus: SqliteBus, documents: SqliteDocuments
) -> None:
    await relayed([an_event(1)], bus, documents)
    received = await next_message(bus)

    assert json.loads(received.message.body) == an_event(1)
    assert received.message.properties == {
        "MessageId": "c:1",
        "SessionId": "c",
        "ContentType": "application/cloudevents+json",
        "ApplicationProperties": {
            "type": "customer.changed",
            "legalEntity": COMPANY,
            "customerId": "c",
        },
    }


async def test_events_come_in_order(bus: SqliteBus, documents: SqliteDocuments) -> None:
    await relayed([an_event(n) for n in range(1, 31)], bus, documents)
    received = [(await next_message(bus)).message for _ in range(30)]

    assert [json.loads(one.body)["data"]["version"] for one in received] == list(range(1, 31))


def an_app(seen: list[dict[str, Any]]) -> func.FunctionApp:
    """Return an app that relays, and a subscriber."""
    app = func.FunctionApp()
    app.register_functions(feed_events.bp)

    @app.service_bus_topic_trigger(
        arg_name="msg", topic_name="events", subscription_name="probe", connection="BUS"
    )
    async def keep_event(msg: func.ServiceBusMessage) -> None:
        seen.append(json.loads(msg.get_body()))

    return app


async def test_what_was_committed_before_a_crash_is_relayed_after_it(folder: Folder) -> None:
    documents = SqliteDocuments(folder.database)
    context = folder.backend(documents).context(COMPANY, "application:test", datetime.now(UTC))
    made = (await create_customer(NEW, context=context)).customer.value
    await edit_customer(made.id, CustomerEdit(first_name="Zoe"), if_match=ANY, context=context)
    documents.close()

    seen: list[dict[str, Any]] = []
    async with Host(an_app(seen), folder).running(), asyncio.timeout(10):
        while sum(one["subject"] == made.id for one in seen) < 2:
            await asyncio.sleep(0.02)

    ids = [one["id"] for one in seen if one["subject"] == made.id]
    assert ids == [f"{made.id}:1", f"{made.id}:2"]


async def test_subscribers_are_told_what_was_written(folder: Folder) -> None:
    """The host writes texts that look like times anew before the function sees them."""
    odd = "2026-11-25T10:00:00.120000+02:00"
    moment = datetime(2026, 11, 28, 10, 0, 0, 120000, tzinfo=UTC)
    documents = SqliteDocuments(folder.database)
    context = folder.backend(documents).context(COMPANY, "application:test", moment)
    new = NEW.model_copy(update={"last_name": odd})
    made = (await create_customer(new, context=context)).customer.value
    documents.close()

    seen: list[dict[str, Any]] = []
    async with Host(an_app(seen), folder).running(), asyncio.timeout(10):
        while not (told := [one for one in seen if one["subject"] == made.id]):
            await asyncio.sleep(0.02)

    assert told[0]["time"] == "2026-11-28T10:00:00.120000Z"
    assert odd in json.dumps(told[0])


async def test_without_a_bus_events_wait(documents: SqliteDocuments) -> None:
    with pytest.raises(BusUnavailable, match="1 messages to events wait"):
        await relayed([an_event(1)], NoBus(), documents)


async def test_a_feed_without_events_asks_nothing_of_the_bus(documents: SqliteDocuments) -> None:
    await relayed([], NoBus(), documents)


class Breaking(SqliteBus):
    """Keeps the first message and fails, as a connection does that breaks in between."""

    async def send(self, entity: str, messages: Sequence[Outgoing]) -> None:
        await super().send(entity, messages[:1])
        raise BusUnavailable("The connection broke.")


async def test_a_broken_connection_sends_some_twice_and_none_never(
    folder: Folder, documents: SqliteDocuments
) -> None:
    events = [an_event(1), an_event(2)]
    breaking = Breaking(folder.bus, LAYOUT)
    with pytest.raises(BusUnavailable):
        await relayed(events, breaking, documents)
    breaking.close()
    bus = SqliteBus(folder.bus, LAYOUT)
    await relayed(events, bus, documents)
    ids = [(await next_message(bus)).message.properties["MessageId"] for _ in range(3)]
    bus.close()

    assert ids == ["c:1", "c:1", "c:2"]
