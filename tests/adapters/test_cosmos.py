"""What the Cosmos DB adapter promises beyond the port: faults, sessions, several instances."""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.adapters.cosmos.documents import CosmosDocuments
from shared.core import deadlines
from shared.core.errors import AlreadyExists, Conflict, Stale
from shared.platform.seals import Seal
from shared.platform.sessions import Session, session
from shared.ports.documents import (
    Create,
    Equal,
    Order,
    Placed,
    Put,
    Range,
    Remove,
    Replace,
    StoreUnavailable,
)
from tests.doubles.cosmos.endpoint import Endpoint
from tests.doubles.cosmos.faults import Fault
from tests.doubles.cosmos.stores import cosmos_documents

HERE = ("c-1", "USRT")
SEAL = Seal("sessions", b"a key")
WRITES, TASKS, COUNTERS = 10_000, 8, 40


@pytest.fixture
async def store(cosmos_endpoint: Endpoint, tmp_path: Path) -> AsyncIterator[CosmosDocuments]:
    async with cosmos_documents(cosmos_endpoint, tmp_path.name) as documents:
        yield documents


@pytest.mark.parametrize(
    "fault", ["throttle", "unavailable", "retry-with", "drop-before", "drop-after"]
)
async def test_one_fault_is_not_seen_by_who_writes(
    store: CosmosDocuments, cosmos_endpoint: Endpoint, tmp_path: Path, fault: Fault
) -> None:
    cosmos_endpoint.faults.script.append(fault)
    [first] = await store.commit("customers", HERE, [Create({"id": "a", "n": 1})])
    cosmos_endpoint.faults.script.append(fault)
    [second] = await store.commit("customers", HERE, [Replace({"id": "a", "n": 2}, first)])
    cosmos_endpoint.faults.script.append(fault)
    await store.commit("customers", HERE, [Put({"id": "b"}), Remove("gone")])
    cosmos_endpoint.faults.script.append(fault)
    found = await store.read("customers", HERE, "a")

    assert found is not None
    assert (found.body["n"], found.etag) == (2, second)
    container = cosmos_endpoint.database(tmp_path.name)["customers"]
    assert container.lsn == 3, "nothing was written twice"


async def test_a_refusal_after_a_lost_answer_is_still_a_refusal(
    store: CosmosDocuments, cosmos_endpoint: Endpoint
) -> None:
    [etag] = await store.commit("customers", HERE, [Create({"id": "a"})])
    await store.commit("customers", HERE, [Put({"id": "a", "by": "another"})])
    cosmos_endpoint.faults.script += ["drop-before"]

    with pytest.raises((Stale, StoreUnavailable)):
        await store.commit("customers", HERE, [Replace({"id": "a", "by": "me"}, etag)])
    found = await store.read("customers", HERE, "a")
    assert found is not None
    assert found.body["by"] == "another"


async def test_a_lost_answer_is_found_though_the_replica_lags(
    store: CosmosDocuments, cosmos_endpoint: Endpoint, tmp_path: Path
) -> None:
    container = cosmos_endpoint.database(tmp_path.name)["customers"]
    container.replica.at = 0
    cosmos_endpoint.faults.script.append("drop-after")
    [etag] = await store.commit("customers", HERE, [Create({"id": "a"})])
    cosmos_endpoint.faults.script.append("drop-after")
    [later] = await store.commit("customers", HERE, [Replace({"id": "a", "n": 2}, etag)])

    assert container.lsn == 2, "each was written once"
    assert later == container.partitions[HERE]["a"].etag.strip('"')


async def test_a_store_that_stays_away_is_unavailable_when_the_request_is_over(
    store: CosmosDocuments, cosmos_endpoint: Endpoint
) -> None:
    cosmos_endpoint.faults.throttle = 1.0
    deadlines.deadline.set(asyncio.get_running_loop().time() + 0.3)

    with pytest.raises(StoreUnavailable, match=r"429|TimeoutError"):
        await store.read("customers", HERE, "a")
    deadlines.deadline.set(asyncio.get_running_loop().time() - 1)
    cosmos_endpoint.faults.throttle = 0.0
    with pytest.raises(StoreUnavailable, match="no time left"):
        await store.commit("customers", HERE, [Create({"id": "a"})])
    deadlines.deadline.set(None)
    assert await store.read("customers", HERE, "a") is None
    # A read that was given up may still arrive.
    kinds = {one.kind for one in cosmos_endpoint.log}
    assert "commit" not in kinds, "what comes too late is not sent"


class Ledger:
    """Tasks that add to counters they share, each in one commit with a ledger entry of its own."""

    def __init__(self, store: CosmosDocuments) -> None:
        self.store = store
        self.outcomes: Counter[str] = Counter()
        self.acknowledged: dict[str, str] = {}

    async def work(self, task: int) -> None:
        chance = random.Random(task)
        for number in range(WRITES // TASKS):
            entry, counter = f"e-{task}-{number}", f"c{chance.randrange(COUNTERS)}"
            write = (self.create, self.put, self.add, self.add)[number % 4]
            try:
                await write(entry, counter)
            except (Conflict, StoreUnavailable) as exc:
                self.outcomes[type(exc).__name__] += 1
            else:
                self.outcomes["written"] += 1

    async def create(self, entry: str, _: str) -> None:
        await self.store.commit("customers", HERE, [Create({"id": entry, "on": "none"})])
        self.acknowledged[entry] = "none"

    async def put(self, entry: str, _: str) -> None:
        await self.store.commit("customers", HERE, [Put({"id": entry[:3], "last": entry})])

    async def add(self, entry: str, counter: str) -> None:
        read = await self.store.read("customers", HERE, counter)
        assert read is not None
        total = Replace({"id": counter, "total": read.body["total"] + 1}, read.etag)
        await self.store.commit("customers", HERE, [total, Create({"id": entry, "on": counter})])
        self.acknowledged[entry] = counter


async def test_ten_thousand_writes_through_faults_are_there_once(
    store: CosmosDocuments, cosmos_endpoint: Endpoint, tmp_path: Path
) -> None:
    counters = [f"c{n}" for n in range(COUNTERS)]
    await store.commit("customers", HERE, [Create({"id": one, "total": 0}) for one in counters])
    faults, ledger = cosmos_endpoint.faults, Ledger(store)
    faults.throttle, faults.drop_before, faults.drop_after = 0.05, 0.01, 0.01
    await asyncio.gather(*(ledger.work(task) for task in range(TASKS)))
    everything = cosmos_endpoint.database(tmp_path.name)["customers"].partitions[HERE]
    kept = {name: one.body for name, one in everything.items() if one.body}
    entries = {name: body["on"] for name, body in kept.items() if "on" in body}
    totals = Counter(entries.values())

    assert sum(ledger.outcomes.values()) == WRITES
    assert set(ledger.outcomes) <= {"written", "Stale", "StoreUnavailable"}, ledger.outcomes
    assert ledger.outcomes["written"] > WRITES * 0.8, ledger.outcomes
    assert ledger.acknowledged.items() <= entries.items(), "nothing acknowledged is lost"
    unknown = len(entries) - len(ledger.acknowledged)
    assert unknown <= ledger.outcomes["StoreUnavailable"], "a refused write is not there"
    for one in counters:
        assert kept[one]["total"] == totals[one], "counter and ledger: none twice, none by half"


async def test_of_many_creators_through_faults_one_wins(
    store: CosmosDocuments, cosmos_endpoint: Endpoint
) -> None:
    cosmos_endpoint.faults.drop_after = 0.3
    attempts = [store.commit("customers", HERE, [Create({"id": "a", "n": n})]) for n in range(20)]
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    cosmos_endpoint.faults.drop_after = 0.0
    won = [n for n, outcome in enumerate(outcomes) if isinstance(outcome, list)]
    found = await store.read("customers", HERE, "a")

    assert found is not None
    assert won == [found.body["n"]]
    assert all(isinstance(one, list | AlreadyExists | StoreUnavailable) for one in outcomes)


async def test_an_instance_reads_what_another_has_written_by_its_session(
    store: CosmosDocuments, cosmos_endpoint: Endpoint, tmp_path: Path
) -> None:
    await store.commit("customers", HERE, [Create({"id": "a", "n": 1})])
    container = cosmos_endpoint.database(tmp_path.name)["customers"]
    container.replica.at = container.lsn
    mine = Session()
    session.set(mine)
    await store.commit("customers", HERE, [Put({"id": "a", "n": 2})])
    assert mine.written
    async with cosmos_documents(cosmos_endpoint, tmp_path.name) as elsewhere:
        session.set(None)
        behind = await elsewhere.read("customers", HERE, "a")
        session.set(Session.opened(mine.sealed(SEAL, "ada"), SEAL, "ada"))
        seen = await elsewhere.read("customers", HERE, "a")
        page = await elsewhere.query("customers", HERE)
    session.set(None)
    own = await store.read("customers", HERE, "a")

    assert behind is not None
    assert behind.body["n"] == 1, "the replica lags"
    assert [one and one.body["n"] for one in (seen, own, page.documents[0])] == [2, 2, 2]


async def test_no_request_leaves_its_partition(
    store: CosmosDocuments, cosmos_endpoint: Endpoint
) -> None:
    with pytest.raises(ValueError, match="whole partition key"):
        await store.query("customers", ("USRT",))
    writes = [Placed((f"b{n % 3}", "USRT"), Put({"id": f"{n}"})) for n in range(9)]
    await store.scatter("directory", writes, Placed(("s", "USRT"), Create({"id": "s"})))
    await store.query("directory", ("b1", "USRT"), Range("id", start="1"))

    keys = [one.key for one in cosmos_endpoint.log]
    assert len(keys) == 5, "entries of one partition go together"
    assert all(key.count(",") == 1 for key in keys)


async def test_the_log_tells_the_cost_and_nothing_of_anybody(
    store: CosmosDocuments, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.clear()
    await store.commit("directory", ("w:ka", "USRT"), [Create({"id": "karen@example.com"})])
    await store.read("directory", ("w:ka", "USRT"), "karen@example.com")
    lines = [one.getMessage() for one in caplog.records if one.name.startswith(("azure", "shared"))]

    assert any("RU" in line for line in lines)
    assert not [line for line in lines if "karen" in line.lower()]


async def test_values_never_become_part_of_the_query(
    store: CosmosDocuments, cosmos_endpoint: Endpoint
) -> None:
    evil = 'x" OR 1 = 1 --'
    await store.commit("customers", HERE, [Create({"id": "a", "type": evil}), Create({"id": "b"})])
    page = await store.query("customers", HERE, Equal("type", evil))

    assert [one.id for one in page.documents] == ["a"]
    with pytest.raises(ValueError, match="not a path"):
        await store.query("customers", HERE, Equal('x"] OR c["y', "1"))


async def test_short_pages_lose_nothing(store: CosmosDocuments, cosmos_endpoint: Endpoint) -> None:
    cosmos_endpoint.faults.shortest = 2
    await store.commit("customers", HERE, [Create({"id": f"{n:02}"}) for n in range(11)])
    seen: list[str] = []
    continuation: str | None = None
    while True:
        page = await store.query(
            "customers", HERE, order=Order(), limit=5, continuation=continuation
        )
        seen += [one.id for one in page.documents]
        if (continuation := page.continuation) is None:
            break

    assert seen == [f"{n:02}" for n in range(11)]
