"""What every bus must do: the embedded one, and Azure Service Bus by its own SDK."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from local.bus.choice import Session, Source
from local.bus.servicebus import ServiceBusSource
from local.bus.sqlite import SqliteBus
from local.bus.tables import Received
from shared.composition import wiring
from shared.platform.settings import Settings
from shared.platform.topology import Entity, Messaging, Topic, subscription
from shared.ports.bus import Bus, BusUnavailable, Outgoing
from tests.doubles import servicebus
from tests.servicebus_layout import configuration

TOPIC, QUEUE, ORDERLY, WINDOW, LOCK = "events", "work", "orderly", 600.0, 120.0
LAYOUT = Messaging(
    {
        QUEUE: Entity(QUEUE, lock=LOCK, max_deliveries=3),
        ORDERLY: Entity(ORDERLY, lock=LOCK, sessions=True, max_deliveries=3),
    },
    {
        TOPIC: Topic(
            TOPIC,
            WINDOW,
            (
                Entity(subscription(TOPIC, "one")),
                Entity(
                    subscription(TOPIC, "two"), filters=({"type": "y"}, {"type": "x", "a": "b"})
                ),
            ),
        )
    },
)


@dataclass(frozen=True, slots=True)
class Place:
    """A bus, where to receive from it, and how to let time pass there."""

    bus: Bus
    source: Source
    advance: Callable[[float], None]
    held: list[Session] = field(default_factory=list)
    busy: dict[str, Session] = field(default_factory=dict)

    async def received(self, entity: str, count: int) -> list[Outgoing]:
        """Receive and complete so many, or as many as come within a moment."""
        found: list[Outgoing] = []
        while len(found) < count and (batch := await self.locked(entity, count - len(found))):
            for one in batch:
                found.append(_outgoing(one))
                await self.complete(one)
        return found

    async def locked(self, entity: str, most: int = 1) -> list[Received]:
        """Receive what comes within a moment; the first look may only find the way."""
        if entity == ORDERLY:
            return await self._locked_in_sessions(most)
        return list(
            await self.source.receive(entity, most) or await self.source.receive(entity, most)
        )

    async def _locked_in_sessions(self, most: int) -> list[Received]:
        """Receive from the sessions that are held and idle, and from others taken up for it."""
        found = []
        for session in list(self.held):
            if received := await session.next(0.5):
                found.append(received)
                self.held.remove(session)
                self.busy[received.lock_token] = session
        while len(found) < most and (accepted := await self.source.accept(ORDERLY)):
            received = await accepted.next(5.0)  # it has one: only the link has to open
            assert received
            found.append(received)
            self.busy[received.lock_token] = accepted
        return found

    async def complete(self, received: Received) -> None:
        await self.source.complete(received)
        self._idle(received)

    async def abandon(self, received: Received) -> None:
        await self.source.abandon(received)
        self._idle(received)

    def _idle(self, received: Received) -> None:
        if session := self.busy.pop(received.lock_token, None):
            self.held.append(session)


@pytest.fixture(autouse=True)
def _tidied() -> Iterator[None]:
    yield
    gc.collect()


@pytest.fixture(params=["embedded", "service bus"])
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    if request.param == "embedded":
        later = [0.0]

        def advance(seconds: float) -> None:
            later[0] += seconds

        embedded = SqliteBus(tmp_path / "bus.db", LAYOUT, clock=lambda: time.time() + later[0])
        yield Place(embedded, embedded, advance)
        embedded.close()
        return
    with servicebus.serve(configuration(LAYOUT)) as broker:
        bus = wiring.connect_bus(Settings(SERVICEBUS=broker.connection_string))
        source = ServiceBusSource(bus.client, LAYOUT)
        yield Place(bus, source, broker.advance)
        await source.close()
        await bus.close()


def _outgoing(received: Received) -> Outgoing:
    properties = received.message.properties
    return Outgoing(
        properties["MessageId"],
        received.message.body,
        properties["SessionId"],
        properties["ContentType"],
        properties["ApplicationProperties"],
    )


def a_message(n: int = 1, session: str = "c", **properties: str) -> Outgoing:
    own = {"type": "x"} | properties
    return Outgoing(f"{session}:{n}", b'{"n": %d}' % n, session, "application/json", own)


ONE, TWO = subscription(TOPIC, "one"), subscription(TOPIC, "two")


async def test_a_message_arrives_as_it_was_sent(place: Place) -> None:
    await place.bus.send(QUEUE, [a_message()])

    assert await place.received(QUEUE, 1) == [a_message()]


async def test_messages_of_one_call_arrive_in_order(place: Place) -> None:
    sent = [a_message(n) for n in range(250)]
    await place.bus.send(QUEUE, sent)

    assert await place.received(QUEUE, 250) == sent


async def test_a_subscription_gets_a_copy_of_what_it_wants(place: Place) -> None:
    await place.bus.send(TOPIC, [a_message()])

    await place.bus.send(TOPIC, [a_message(2, type="y")])

    assert await place.received(ONE, 2) == [a_message(), a_message(2, type="y")]
    assert await place.received(TWO, 2) == [a_message(2, type="y")], "it wants others only"


async def test_the_same_id_twice_is_one_message(place: Place) -> None:
    await place.bus.send(TOPIC, [a_message(1)])
    await place.bus.send(TOPIC, [a_message(1), a_message(2)])

    assert await place.received(ONE, 3) == [a_message(1), a_message(2)]


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
    with servicebus.serve(configuration(LAYOUT)) as broker:
        bus = wiring.connect_bus(Settings(SERVICEBUS=broker.connection_string))
        broker.inject("send", "drop_after", entity=TOPIC)
        await bus.send(TOPIC, [a_message()])
        await bus.close()

        assert broker.counts(f"{TOPIC}/Subscriptions/one")["active"] == 1


async def test_a_bus_that_is_away_is_unavailable_and_works_when_it_is_back() -> None:
    with servicebus.serve(configuration(LAYOUT)) as broker:
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


async def test_what_is_abandoned_comes_again_and_ends_as_a_dead_letter(place: Place) -> None:
    await place.bus.send(QUEUE, [a_message()])
    deliveries = []
    for _ in range(3):
        [received] = await place.locked(QUEUE)
        deliveries.append(received.deliveries)
        await place.abandon(received)
    [dead] = await place.bus.dead_letters(QUEUE, after=0, limit=5)

    assert deliveries == [1, 2, 3]
    assert await place.locked(QUEUE) == []
    assert dead.message == a_message()
    assert (dead.reason, dead.entity) == ("MaxDeliveryCountExceeded", QUEUE)
    assert dead.enqueued_at.tzinfo


async def test_a_lock_that_runs_out_gives_the_message_back(place: Place) -> None:
    await place.bus.send(QUEUE, [a_message()])
    [first] = await place.locked(QUEUE)
    none = await place.locked(QUEUE)
    place.advance(LOCK + 1)
    [second] = await place.locked(QUEUE)
    await place.complete(first)
    place.advance(LOCK + 1)
    [third] = await place.locked(QUEUE)

    assert none == []
    assert [one.deliveries for one in (first, second, third)] == [1, 2, 3]


async def test_a_lock_that_is_renewed_lasts(place: Place) -> None:
    await place.bus.send(QUEUE, [a_message()])
    [first] = await place.locked(QUEUE)
    for _ in range(3):
        place.advance(LOCK - 10)
        await place.source.renew(QUEUE, first)

    assert await place.locked(QUEUE) == []
    await place.complete(first)
    place.advance(LOCK + 1)
    assert await place.locked(QUEUE) == []


async def test_a_crash_on_the_last_delivery_makes_a_dead_letter_too(place: Place) -> None:
    await place.bus.send(QUEUE, [a_message()])
    for _ in range(3):
        assert await place.locked(QUEUE)
        place.advance(LOCK + 1)

    assert await place.locked(QUEUE) == []
    assert len(await place.bus.dead_letters(QUEUE, after=0, limit=5)) == 1


async def test_a_session_comes_one_at_a_time_and_in_order(place: Place) -> None:
    await place.bus.send(ORDERLY, [a_message(n) for n in (1, 2, 3)])
    await place.bus.send(ORDERLY, [a_message(1, "other")])
    firsts = await _until(lambda: place.locked(ORDERLY, 4), 2)
    blocked = await place.locked(ORDERLY, 4)
    mine = next(one for one in firsts if one.message.properties["SessionId"] == "c")
    await place.abandon(mine)
    [again] = await _until(lambda: place.locked(ORDERLY, 4), 1)
    await place.complete(again)
    [then] = await _until(lambda: place.locked(ORDERLY, 4), 1)

    assert sorted(one.message.properties["MessageId"] for one in firsts) == ["c:1", "other:1"]
    assert blocked == []
    assert (_outgoing(again).id, again.deliveries) == ("c:1", 2)
    assert _outgoing(then).id == "c:2"


async def _until(look: Callable[[], Awaitable[list[Received]]], count: int) -> list[Received]:
    found: list[Received] = []
    async with asyncio.timeout(20):
        while len(found) < count:
            found += await look()
    return found


async def test_a_message_for_later_comes_later_and_behind_those_before_it(place: Place) -> None:
    due = datetime.now(UTC) + timedelta(seconds=100)
    later = Outgoing("later", b"{}", due=due)
    await place.bus.send(QUEUE, [later, a_message(1)])
    now = await place.received(QUEUE, 2)
    await place.bus.send(QUEUE, [a_message(2)])
    place.advance(101)
    then = await place.received(QUEUE, 4)  # the second may have come before time passed, and twice

    assert [one.id for one in now] == ["c:1"]
    assert list(dict.fromkeys(one.id for one in then)) == ["c:2", "later"]


async def _kill(place: Place, entity: str, *ids: int) -> None:
    await place.bus.send(entity, [a_message(n, f"s{n}") for n in ids])
    left = 3 * len(ids)
    async with asyncio.timeout(60):
        while left:
            for one in await place.locked(entity, 4):
                await place.abandon(one)
                left -= 1


@pytest.mark.parametrize("entity", [QUEUE, ORDERLY])
async def test_a_dead_letter_is_sent_again(place: Place, entity: str) -> None:
    await _kill(place, entity, 1, 2)
    first, second = await place.bus.dead_letters(entity, after=0, limit=5)
    there = [
        await place.bus.replay(entity, second.sequence, None),
        await place.bus.replay(entity, first.sequence, b"mended"),
        await place.bus.replay(entity, first.sequence, None),
    ]
    found = {one.body for one in await place.received(entity, 3)}

    assert there == [True, True, False]
    assert found == {second.message.body, b"mended"}
    assert await place.bus.dead_letters(entity, after=0, limit=5) == []


async def test_dead_letters_come_in_pages_and_are_dropped(place: Place) -> None:
    await _kill(place, QUEUE, 1, 2, 3)
    first = await place.bus.dead_letters(QUEUE, after=0, limit=2)
    rest = await place.bus.dead_letters(QUEUE, after=first[-1].sequence, limit=2)
    there = [await place.bus.drop(QUEUE, first[1].sequence) for _ in range(2)]
    left = await place.bus.dead_letters(QUEUE, after=0, limit=5)

    assert [len(first), len(rest)] == [2, 1]
    assert there == [True, False]
    assert left == [first[0], *rest]
    assert await place.received(QUEUE, 1) == []
