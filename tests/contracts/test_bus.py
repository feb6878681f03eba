"""What every bus must do: the embedded one, and Azure Service Bus by its own SDK."""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from azure.servicebus.aio import ServiceBusClient

from local.bus import SqliteBus, subscription
from shared import wiring
from shared.bus import Bus, BusUnavailable, Outgoing
from shared.settings import Settings
from tests import servicebus

# The SDK leaves the socket of a broken connection to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

TOPIC, QUEUE, WINDOW = "events", "work", 600.0


@dataclass(frozen=True, slots=True)
class Place:
    """A bus, and what is received from an entity of it within a moment."""

    bus: Bus
    received: Callable[[str, int], Awaitable[list[Outgoing]]]


@pytest.fixture(autouse=True)
def _tidied() -> Iterator[None]:
    yield
    gc.collect()


@pytest.fixture(params=["embedded", "service bus"])
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    if request.param == "embedded":
        embedded = SqliteBus(
            tmp_path / "bus.db",
            subscriptions={TOPIC: ["one", "two"]},
            windows={TOPIC: WINDOW},
        )
        yield Place(embedded, lambda entity, count: _taken(embedded, entity, count))
        embedded.close()
        return
    with servicebus.serve(CONFIG) as broker:
        bus = wiring.connect_bus(Settings(SERVICEBUS=broker.connection_string))
        async with ServiceBusClient.from_connection_string(broker.connection_string) as client:
            yield Place(bus, lambda entity, count: _received(client, entity, count))
        await bus.close()


CONFIG = {
    "queues": {QUEUE: {}},
    "topics": {TOPIC: {"duplicate_window": WINDOW, "subscriptions": {"one": {}, "two": {}}}},
}


async def _taken(bus: SqliteBus, entity: str, count: int) -> list[Outgoing]:
    found: list[Outgoing] = []
    while len(found) < count and (received := await bus.receive(entity)):
        properties = received.message.properties
        found.append(
            Outgoing(
                properties["MessageId"],
                received.message.body,
                properties["SessionId"],
                properties["ContentType"],
                properties["ApplicationProperties"],
            )
        )
        await bus.complete(received)
    return found


async def _received(client: ServiceBusClient, entity: str, count: int) -> list[Outgoing]:
    topic, _, name = entity.partition("/subscriptions/")
    receiver = (
        client.get_subscription_receiver(topic, name) if name else client.get_queue_receiver(entity)
    )
    found: list[Outgoing] = []
    async with receiver:
        while len(found) < count:
            messages = await receiver.receive_messages(count - len(found), max_wait_time=2)
            if not messages:
                break
            for one in messages:
                own = one.application_properties or {}
                properties = {_text(name): _text(value) for name, value in own.items()}
                body = b"".join(one.body)
                found.append(
                    Outgoing(
                        str(one.message_id), body, one.session_id, str(one.content_type), properties
                    )
                )
                await receiver.complete_message(one)
    return found


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def a_message(n: int = 1, **but: object) -> Outgoing:
    return Outgoing(f"c:{n}", b'{"n": %d}' % n, "c", "application/json", {"type": "x"}, **but)


async def test_a_message_arrives_as_it_was_sent(place: Place) -> None:
    await place.bus.send(QUEUE, [a_message()])

    assert await place.received(QUEUE, 1) == [a_message()]


async def test_messages_of_one_call_arrive_in_order(place: Place) -> None:
    sent = [a_message(n) for n in range(250)]
    await place.bus.send(QUEUE, sent)

    assert await place.received(QUEUE, 250) == sent


async def test_every_subscription_gets_a_copy(place: Place) -> None:
    await place.bus.send(TOPIC, [a_message()])

    for name in ("one", "two"):
        assert await place.received(subscription(TOPIC, name), 1) == [a_message()]


async def test_the_same_id_twice_is_one_message(place: Place) -> None:
    await place.bus.send(TOPIC, [a_message(1)])
    await place.bus.send(TOPIC, [a_message(1), a_message(2)])

    assert await place.received(subscription(TOPIC, "one"), 3) == [a_message(1), a_message(2)]


async def test_nothing_to_send_is_nothing_sent(place: Place) -> None:
    await place.bus.send(QUEUE, [])

    assert await place.received(QUEUE, 1) == []


async def test_many_senders_at_once_lose_nothing(place: Place) -> None:
    await asyncio.gather(*(place.bus.send(QUEUE, [a_message(n)]) for n in range(40)))
    found = await place.received(QUEUE, 40)

    assert {one.id for one in found} == {f"c:{n}" for n in range(40)}


async def test_more_than_fits_in_one_batch_arrives_in_order(place: Place) -> None:
    sent = [Outgoing(f"big:{n}", b"x" * 100_000) for n in range(7)]
    await place.bus.send(QUEUE, sent)

    assert [one.id for one in await place.received(QUEUE, 7)] == [one.id for one in sent]


async def test_an_answer_that_is_lost_doubles_nothing_where_ids_are_remembered() -> None:
    with servicebus.serve(CONFIG) as broker:
        bus = wiring.connect_bus(Settings(SERVICEBUS=broker.connection_string))
        broker.inject("send", "drop_after", entity=TOPIC)
        await bus.send(TOPIC, [a_message()])
        await bus.close()

        assert broker.counts(f"{TOPIC}/Subscriptions/one")["active"] == 1


async def test_a_bus_that_is_away_is_unavailable_and_works_when_it_is_back() -> None:
    with servicebus.serve(CONFIG) as broker:
        bus = wiring.connect_bus(Settings(SERVICEBUS=broker.connection_string))
        broker.inject(
            "send", "reject", entity=QUEUE, condition="com.microsoft:server-busy", times=9
        )
        with pytest.raises(BusUnavailable):
            await bus.send(QUEUE, [a_message()])
        broker.clear_faults()
        await bus.send(QUEUE, [a_message()])
        await bus.close()

        assert broker.counts(QUEUE)["active"] == 1
