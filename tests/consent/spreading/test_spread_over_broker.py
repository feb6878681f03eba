"""Decisions spread in real processes, over the protocols of Cosmos DB and of Service Bus."""

import asyncio
import shutil
import statistics
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from local.demo import company as demo
from local.folder import Folder
from shared.composition import wiring
from shared.consent.spreading.pending import PendingSpread, all_pending, put
from shared.consent.spreading.spreads import CONSENT_AGAIN, SUBSCRIPTION
from shared.context import Context
from shared.core.concurrency import side_by_side
from shared.platform.topology import messaging, subscription
from shared.sync.outbox import EVENTS
from tests.api import COMPANY, Api, an_email
from tests.consent.scenes import PROOF, checked, decide, verified
from tests.consent.spreading.test_propagation import all_show, family, nothing_pending
from tests.doubles import servicebus
from tests.doubles.cosmos.endpoint import Endpoint
from tests.doubles.cosmos.server import served_elsewhere
from tests.doubles.cosmos.stores import cosmos_documents
from tests.e2e.hosts.elsewhere import api_of, serving_on_azure
from tests.e2e.hosts.server import Server
from tests.servicebus_layout import configuration
from tests.waiting import eventually

AT_ONCE = 8
PATIENCE = 90.0  # of whoever waits for something that takes seconds on a machine that is idle
DATABASE = "libro"
TEN, MANY, FORGOTTEN = (f"karen.{name}@example.com" for name in ("ten", "many", "forgotten"))
CONSENT = subscription(EVENTS, SUBSCRIPTION)
SWEEPER = "/admin/functions/sweep_consents"


class Broker:
    """A broker that can be away for a while, and forget what it had."""

    def __init__(self) -> None:
        self.bus = servicebus.serve(configuration(messaging()))

    @contextmanager
    def serving(self) -> Iterator[None]:
        self.bus.start()
        try:
            yield
        finally:
            self.bus.stop()

    @contextmanager
    def away(self, *, forgetting: bool = False) -> Iterator[None]:
        self.bus.stop()
        try:
            yield
        finally:
            kept = configuration(messaging()) if forgetting else self.bus.namespace
            self.bus = servicebus.serve(kept, port=self.bus.port).start()

    def lying(self) -> int:
        """Return how many messages about consent lie there, dead letters included."""
        return sum(sum(self.bus.counts(path).values()) for path in (CONSENT, CONSENT_AGAIN))

    async def nothing_lies(self) -> bool:
        return self.lying() == 0


@dataclass(frozen=True, slots=True)
class Serving:
    """Two processes of one installation, and what they stand on."""

    here: Server
    there: Server
    folder: Folder
    endpoint: Endpoint
    broker: Broker


@dataclass(frozen=True, slots=True)
class Processes:
    """The API of both processes."""

    here: Api
    there: Api
    broker: Broker
    log: Path  # of both


@pytest.fixture(scope="module")
def serving(configured: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    data = shutil.copytree(configured, tmp_path_factory.mktemp("processes") / "data")
    folder, broker = Folder(Path(data)), Broker()
    with ExitStack() as stack:
        endpoint = stack.enter_context(served_elsewhere())
        asyncio.run(_configure(folder, endpoint))
        stack.enter_context(broker.serving())
        here, there = (
            stack.enter_context(serving_on_azure(folder.path, endpoint, DATABASE, broker.bus))
            for _ in range(2)
        )
        yield Serving(here, there, folder, endpoint, broker)


async def _configure(folder: Folder, endpoint: Endpoint) -> None:
    async with cosmos_documents(endpoint, DATABASE) as documents:
        context = folder.backend(documents).context(COMPANY, "application:test", _now())
        await demo.configure(context)


@pytest.fixture
async def processes(serving: Serving) -> AsyncIterator[Processes]:
    async with AsyncExitStack() as stack:
        opened = cosmos_documents(serving.endpoint, DATABASE)
        documents = await stack.enter_async_context(opened)
        here, there = [
            await stack.enter_async_context(api_of(one.url, serving.folder, documents))
            for one in (serving.here, serving.there)
        ]
        yield Processes(here, there, serving.broker, serving.here.log)


async def test_a_withdrawal_at_one_of_ten_is_shown_by_all(
    processes: Processes, scale: Callable[[int, int], int]
) -> None:
    here, there = processes.here, processes.there
    members = await family(here, 10, TEN)
    rounds, seconds = scale(3, 40), []
    for number in range(rounds):
        await decide(here, members[number % 10], evidence=PROOF)
        await all_show(here, members, "OptedIn", seconds=PATIENCE)
        begun = time.monotonic()
        await decide(there, members[-1 - number % 10], decision="OptedOut")
        assert (await checked(here, TEN))[0]["reason"] == "opted-out", "at once"
        await all_show(here, members, "OptedOut", seconds=PATIENCE)
        seconds.append(time.monotonic() - begun)
    *_, p95 = statistics.quantiles(seconds, n=20, method="inclusive")
    print(  # noqa: T201  # figures for whoever looks
        f"10 holders, {rounds} times: p50 {statistics.median(seconds):.2f} s, p95 {p95:.2f} s"
    )

    await _nothing_is_left(processes)
    assert await _chains(here, members) == [["OptedIn", "OptedOut"] * rounds] * len(members)


async def test_a_withdrawal_reaches_many(
    processes: Processes, scale: Callable[[int, int], int]
) -> None:
    here, there = processes.here, processes.there
    members = await family(here, scale(20, 1_000), MANY)
    begun = time.monotonic()
    await decide(there, members[0], decision="OptedOut")
    await all_show(here, members[-1:], "OptedOut", seconds=PATIENCE)
    await eventually(2 * PATIENCE, lambda: nothing_pending(here), pause=0.2)
    seconds = time.monotonic() - begun
    print(f"{len(members)} holders: {seconds:.1f} s")  # noqa: T201  # figures for whoever looks

    await all_show(here, members, "OptedOut", seconds=PATIENCE)
    assert await _chains(here, members) == [["OptedOut"]] * len(members)


async def test_a_bus_that_is_away_delays_decisions_and_loses_none(
    processes: Processes, scale: Callable[[int, int], int]
) -> None:
    here, there, broker = processes.here, processes.there, processes.broker
    values = [f"karen{number}@example.com" for number in range(3)]
    families = {value: await family(here, scale(2, 10), value) for value in values}
    await decide(there, families[values[0]][0], decision="OptedOut")
    with broker.away():  # while the first one is on its way
        begun, since = time.monotonic(), processes.log.stat().st_size
        for value, asked in zip(values[1:], (here, there), strict=True):
            await decide(asked, families[value][1], decision="OptedOut")
            reasons = [(await checked(one, value))[0]["reason"] for one in (here, there)]
            assert reasons == ["opted-out"] * 2
        late = await here.create(contacts=[an_email(values[-1])])
        await eventually(PATIENCE, partial(_relay_failed, processes.log, since))
        await asyncio.sleep(scale(0, 60))
        away = time.monotonic() - begun
    begun = time.monotonic()
    for members in families.values():
        await all_show(there, members, "OptedOut", seconds=PATIENCE)
    seconds = time.monotonic() - begun
    print(f"shown {seconds:.1f} s after {away:.0f} s without a bus")  # noqa: T201  # figures

    families[values[-1]].append(late)
    await _nothing_is_left(processes)
    before = await _versions(here, families)
    await asyncio.sleep(scale(1, 30))
    assert await _versions(here, families) == before, "nothing is echoed"
    for number, members in enumerate(families.values()):
        decided = members[0 if number == 0 else 1]
        for member in members:
            [entry] = await verified(here, member)
            assert (entry["decision"], entry["inherited"]) == ("OptedOut", member is not decided)
    assert before == {one["id"]: 2 for some in families.values() for one in some} | {late["id"]: 1}


async def test_what_the_bus_forgot_is_sent_again_by_the_sweeper(
    processes: Processes, scale: Callable[[int, int], int]
) -> None:
    here, broker = processes.here, processes.broker
    members = await family(here, 3, FORGOTTEN)
    broker.bus.inject("deliver", "drop", entity=CONSENT, times=-1)
    await decide(here, members[0], decision="OptedOut")
    await eventually(PATIENCE, lambda: _lies(broker))
    with broker.away(forgetting=True):
        pass
    if scale(True, False):  # or wait for the two minutes, and for the timer
        await _grow_old()
        key = here.host.folder.key("master").hex()
        assert (await here.post(SWEEPER, {}, x_functions_key=key)).status_code == 202
    await all_show(here, members, "OptedOut", seconds=3 * PATIENCE)

    await _nothing_is_left(processes)
    assert await _chains(here, members) == [["OptedOut"]] * len(members)


async def _relay_failed(log: Path, since: int) -> bool:
    """Return whether the bus was away for longer than whoever sends to it tries by itself."""
    return b"'Functions.relay_events' (Failed)" in log.read_bytes()[since:]


async def _lies(broker: Broker) -> bool:
    return broker.lying() > 0


async def _grow_old() -> None:
    """Let what is pending look as if it had been so for minutes."""
    context = _context()
    for one in [one async for one in all_pending(context)]:
        older: PendingSpread = replace(one, asked_at=_now() - timedelta(minutes=3))
        await put(older, context.documents)


async def _nothing_is_left(processes: Processes) -> None:
    await eventually(PATIENCE, lambda: nothing_pending(processes.here))
    await eventually(PATIENCE, processes.broker.nothing_lies)


async def _chains(api: Api, members: list[dict[str, Any]]) -> list[list[str]]:
    """Return what the ledgers hold, oldest first."""
    ledgers = await side_by_side(members, partial(verified, api), at_once=AT_ONCE)
    return [[entry["decision"] for entry in entries] for entries in ledgers]


async def _versions(api: Api, families: dict[str, list[dict[str, Any]]]) -> dict[str, int]:
    return {
        one["id"]: (await api.get(f"customers/{one['id']}")).json()["version"]
        for members in families.values()
        for one in members
    }


def _context() -> Context:
    return wiring.backend().context(COMPANY, "application:test", _now())


def _now() -> datetime:
    return datetime.now(UTC)
