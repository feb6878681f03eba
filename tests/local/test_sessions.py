"""Sessions of the bus: how many are held, for how long, and what a dead process leaves behind."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import azure.functions as func
import pytest

from local.bus.sqlite import SqliteBus
from local.host.functions import read_functions
from local.host.hostfile import Receiving, receiving
from local.host.messages import HeldSessions
from shared.platform.topology import Entity, Messaging
from shared.ports.bus import SESSIONS, Outgoing, session_of

QUEUE = "orderly"
LAYOUT = Messaging({QUEUE: Entity(QUEUE, sessions=True)}, {})


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[SqliteBus]:
    bus = SqliteBus(tmp_path / "bus.db", LAYOUT)
    yield bus
    bus.close()


def a_message(n: int, session: str) -> Outgoing:
    return Outgoing(f"{session}:{n}", b"{}", session)


@asynccontextmanager
async def served(bus: SqliteBus, seen: list[str], **limits: float) -> AsyncIterator[None]:
    """Serve the queue within these limits; `seen` gets the ids of messages as they come."""
    app = func.FunctionApp()

    @app.service_bus_queue_trigger(
        arg_name="msg", queue_name=QUEUE, connection="BUS", is_sessions_enabled=True
    )
    async def keep(msg: func.ServiceBusMessage) -> None:
        seen.append(str(msg.message_id))

    [function] = read_functions(app, {})
    sessions = HeldSessions(function, bus, Receiving(**limits))  # type: ignore[arg-type]
    serving = asyncio.create_task(sessions.run())
    try:
        yield
    finally:
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving


async def until(seen: list[str], count: int) -> None:
    async with asyncio.timeout(20):
        while len(seen) < count:
            await asyncio.sleep(0.01)


def test_an_instance_holds_all_names_of_sessions_at_once() -> None:
    """And gives them up soon: by default the real host waits a minute in each, holding eight."""
    limits = receiving()

    assert limits.max_sessions >= SESSIONS
    assert limits.session_idle == 1.0
    assert Receiving().session_idle == 60.0, "what the real host does when nobody says anything"


def test_customers_share_the_names_of_sessions_evenly() -> None:
    names = [session_of(f"customer-{n}") for n in range(6400)]

    assert len(set(names)) == SESSIONS
    assert max(names.count(name) for name in set(names)) < 150
    assert session_of("customer-1") == session_of("customer-1")


async def test_a_session_that_has_become_empty_blocks_others_until_it_is_idle(
    bus: SqliteBus,
) -> None:
    seen: list[str] = []
    await bus.send(QUEUE, [a_message(1, f"s{n}") for n in range(6)])
    async with served(bus, seen, max_sessions=2, session_idle=60.0):
        await until(seen, 2)
        await asyncio.sleep(0.6)

    assert len(seen) == 2, "the others wait for one that is idle for a minute"
    async with served(bus, seen, max_sessions=2, session_idle=0.05):
        await until(seen, 6)


async def test_a_session_with_work_is_never_given_back(bus: SqliteBus) -> None:
    seen: list[str] = []
    await bus.send(QUEUE, [a_message(1, "a"), a_message(1, "b")])
    await bus.send(QUEUE, [a_message(n, "a") for n in range(2, 6)])
    async with served(bus, seen, max_sessions=1, session_idle=0.05):
        await until(seen, 6)

    assert seen == ["a:1", "a:2", "a:3", "a:4", "a:5", "b:1"]


async def test_a_hundred_sessions_are_served_in_order(bus: SqliteBus) -> None:
    seen: list[str] = []
    names = [f"s{n}" for n in range(100)]
    for number in (1, 2):
        await bus.send(QUEUE, [a_message(number, name) for name in names])
    async with served(bus, seen, max_sessions=64, session_idle=0.1):
        await until(seen, 200)

    assert all(seen.index(f"{name}:1") < seen.index(f"{name}:2") for name in names)
    assert len(seen) == 200


async def test_what_a_dead_process_held_is_free_for_its_successor(
    bus: SqliteBus, tmp_path: Path
) -> None:
    await bus.send(QUEUE, [a_message(1, "a")])
    held = await bus.accept(QUEUE)
    assert held
    successor = SqliteBus(tmp_path / "bus.db", LAYOUT)
    before = await successor.accept(QUEUE)
    await successor.take_over()
    after = await successor.accept(QUEUE)
    assert after
    received = await after.next(1.0)
    successor.close()

    assert before is None
    assert received
    assert received.deliveries == 2, "the delivery to the dead one counts"
