"""The endpoint of the tests hides nothing that the real service shows: partitions, budgets, lag."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError
from azure.cosmos.aio import ContainerProxy, CosmosClient

from shared.core import deadlines
from shared.platform.priority import behind_others
from shared.platform.sessions import Session, session
from shared.ports.documents import Create, Put, StoreUnavailable
from tests.contracts.stores import Clock
from tests.doubles.cosmos.endpoint import Endpoint
from tests.doubles.cosmos.faults import Conditions
from tests.doubles.cosmos.server import connection_string
from tests.doubles.cosmos.stores import cosmos_documents

HERE = ("c-1", "USRT")


@pytest.fixture
async def raw(cosmos_endpoint: Endpoint, tmp_path: Path) -> AsyncIterator[ContainerProxy]:
    """The container `customers`, by the SDK alone, which does not try again."""
    client = CosmosClient.from_connection_string(
        connection_string(cosmos_endpoint.url), retry_total=0, retry_throttle_total=0
    )
    async with client:
        yield client.get_database_client(tmp_path.name).get_container_client("customers")


def an_item(name: str = "a", key: str = "c-1", **fields: Any) -> dict[str, Any]:
    return {"id": name, "customerKey": key, "legalEntity": "USRT", **fields}


async def refused(call: Any) -> tuple[int, dict[str, Any]]:
    with pytest.raises(HttpResponseError) as caught:
        await call
    headers: Any = getattr(caught.value, "headers", None) or {}
    return int(caught.value.status_code or 0), dict(headers)


async def test_units_that_are_used_up_come_back_with_time(
    cosmos_endpoint: Endpoint, tmp_path: Path
) -> None:
    clock = cosmos_endpoint.clock = Clock()
    cosmos_endpoint.conditions = Conditions(units={"customers": 10.0})
    client = CosmosClient.from_connection_string(
        connection_string(cosmos_endpoint.url), retry_total=0, retry_throttle_total=0
    )
    async with client:
        raw = client.get_database_client(tmp_path.name).get_container_client("customers")
        await raw.create_item(an_item("a", text="x" * 4000))  # some 20 RU: it may overdraw
        status, headers = await refused(raw.create_item(an_item("b")))
        clock.now += float(headers["x-ms-retry-after-ms"]) / 1000
        await raw.create_item(an_item("b"))

    assert status == 429
    assert float(headers["x-ms-retry-after-ms"]) > 500


async def test_the_newest_version_is_read_without_any_token(
    cosmos_endpoint: Endpoint, tmp_path: Path
) -> None:
    cosmos_endpoint.conditions = Conditions(physical=2, lag=60.0)
    name = tmp_path.name
    async with (
        cosmos_documents(cosmos_endpoint, name) as writer,
        cosmos_documents(cosmos_endpoint, name) as reader,
    ):
        deadlines.deadline.set(None)
        session.set(None)
        await writer.commit("customers", HERE, [Create(an_item("a", n=1))])
        lagging = await reader.read("customers", HERE, "a")
        newest = await reader.read_newest("customers", HERE, "a")
        await writer.commit("customers", HERE, [Put(an_item("a", n=2))])
        second = await reader.read_newest("customers", HERE, "a")
        none = await reader.read_newest("customers", HERE, "b")

    assert lagging is None, "it never met the writer"
    assert newest is not None
    assert second is not None
    assert (newest.body["n"], second.body["n"], none) == (1, 2, None)
    reads = [one.charge for one in cosmos_endpoint.log if one.kind == "read"]
    assert reads == [1.0, 2.0, 2.0, 1.0], "twice as much where there is something"


async def test_each_physical_partition_has_its_share(
    cosmos_endpoint: Endpoint, tmp_path: Path
) -> None:
    cosmos_endpoint.clock = Clock()
    cosmos_endpoint.conditions = Conditions(physical=2, units={"customers": 40.0})
    container = cosmos_endpoint.database(tmp_path.name)["customers"]
    low, high = (
        next(
            f"c-{n}" for n in range(99) if container.range_of((f"c-{n}", "USRT")).id == key_range.id
        )
        for key_range in container.ranges
    )
    async with cosmos_documents(cosmos_endpoint, tmp_path.name) as store:
        deadlines.deadline.set(None)
        await store.commit("customers", (low, "USRT"), [Create({"id": "a", "t": "x" * 5000})])
        deadlines.start(0.2)
        with pytest.raises(StoreUnavailable):
            await store.commit("customers", (low, "USRT"), [Create({"id": "b"})])
        deadlines.start(0.2)
        await store.commit("customers", (high, "USRT"), [Create({"id": "b"})])
        deadlines.deadline.set(None)


async def test_work_for_which_nobody_waits_is_turned_away_first(
    cosmos_endpoint: Endpoint, tmp_path: Path
) -> None:
    cosmos_endpoint.clock = Clock()
    cosmos_endpoint.conditions = Conditions(units={"customers": 10.0})
    async with cosmos_documents(cosmos_endpoint, tmp_path.name) as store:
        await store.commit("customers", HERE, [Put({"id": "a"})])  # more than half of it
        deadlines.start(0.2)
        with behind_others(), pytest.raises(StoreUnavailable):
            await store.read("customers", HERE, "a")
        deadlines.start(0.2)
        found = await store.read("customers", HERE, "a")
        deadlines.deadline.set(None)

    assert found


async def test_a_feed_is_followed_through_a_split_and_tells_everything(
    cosmos_endpoint: Endpoint, tmp_path: Path
) -> None:
    cosmos_endpoint.conditions = Conditions(physical=2)
    container = cosmos_endpoint.database(tmp_path.name)["customers"]
    seen: list[str] = []
    position: str | None = None
    async with cosmos_documents(cosmos_endpoint, tmp_path.name) as store:
        for number in range(60):
            partition = (f"c-{number}", "USRT")
            await store.commit("customers", partition, [Create({"id": f"{number}"})])
            if number in {10, 30}:
                container.ranges.split(next(iter(container.ranges)).id)
            if number % 7 == 0:
                changes = await store.changes("customers", position, 3)
                position = changes.position
                seen += [document.id for document in changes.documents]
        while (changes := await store.changes("customers", position, 3)).documents:
            position = changes.position
            seen += [document.id for document in changes.documents]

    assert sorted(seen, key=int) == [f"{number}" for number in range(60)]
    assert container.ranges.count == 4


async def test_a_token_of_a_partition_that_was_split_is_good_for_its_children(
    cosmos_endpoint: Endpoint, tmp_path: Path
) -> None:
    cosmos_endpoint.conditions = Conditions(physical=2, lag=60.0)
    container = cosmos_endpoint.database(tmp_path.name)["customers"]
    async with cosmos_documents(cosmos_endpoint, tmp_path.name) as writer:
        seen = Session()
        session.set(seen)
        await writer.commit("customers", HERE, [Create({"id": "a"})])
        container.ranges.split(container.range_of(HERE).id)
        async with cosmos_documents(cosmos_endpoint, tmp_path.name) as other:
            with_token = await other.read("customers", HERE, "a")
            session.set(Session())
            without = await other.read("customers", HERE, "a")
    session.set(None)

    assert with_token
    assert without is None, "a replica lags for who brings no token"
    assert len(seen.tokens) == 1


async def test_a_trigger_may_begin_now(raw: ContainerProxy) -> None:
    await raw.create_item(an_item("before"))
    later = datetime.now(UTC) + timedelta(seconds=2)
    pages = raw.query_items_change_feed(start_time=later)
    names = [item["id"] async for item in pages]
    everything = [item["id"] async for item in raw.query_items_change_feed(start_time="Beginning")]

    assert names == []
    assert everything == ["before"]


async def test_a_feed_of_one_partition_tells_of_that_partition(raw: ContainerProxy) -> None:
    for key in ("c-1", "c-2"):
        await raw.create_item(an_item(key=key))
    pages = raw.query_items_change_feed(start_time="Beginning", partition_key=["c-2", "USRT"])

    assert [item["customerKey"] async for item in pages] == ["c-2"]


async def test_a_read_feed_lists_documents_and_is_no_feed_of_changes(raw: ContainerProxy) -> None:
    await raw.create_item(an_item())
    items = [item async for item in raw.read_all_items()]

    assert [item["id"] for item in items] == ["a"]


async def test_an_upsert_with_an_old_etag_is_refused_and_one_over_a_document_is_no_creation(
    raw: ContainerProxy, cosmos_endpoint: Endpoint, tmp_path: Path
) -> None:
    first = await raw.upsert_item(an_item())
    second = await raw.upsert_item(an_item(n=2))
    status, _ = await refused(
        raw.upsert_item(
            an_item(n=3), etag=first["_etag"], match_condition=MatchConditions.IfNotModified
        )
    )

    assert status == 412
    assert (await raw.read_item("a", ["c-1", "USRT"]))["_etag"] == second["_etag"]


@pytest.mark.parametrize(
    "body", [b"{", b'{"customerKey": "c-1", "legalEntity": "USRT"}', b'{"id": "%s"}' % (b"x" * 256)]
)
async def test_what_is_no_document_is_a_bad_request(
    cosmos_endpoint: Endpoint, tmp_path: Path, body: bytes
) -> None:
    url = f"{cosmos_endpoint.url}dbs/{tmp_path.name}/colls/customers/docs"
    headers = {"authorization": "x", "x-ms-documentdb-partitionkey": '["c-1","USRT"]'}
    async with httpx.AsyncClient() as client:
        answer = await client.post(url, content=body, headers=headers)

    assert answer.status_code == 400


async def test_a_document_that_is_unchanged_is_not_sent_again(
    raw: ContainerProxy, cosmos_endpoint: Endpoint, tmp_path: Path
) -> None:
    item = await raw.create_item(an_item())
    url = f"{cosmos_endpoint.url}dbs/{tmp_path.name}/colls/customers/docs/a"
    headers = {"authorization": "x", "x-ms-documentdb-partitionkey": '["c-1","USRT"]'}
    async with httpx.AsyncClient() as client:
        answer = await client.get(url, headers=headers | {"if-none-match": item["_etag"]})

    assert answer.status_code == 304


async def test_a_replacement_cannot_change_the_id(raw: ContainerProxy) -> None:
    await raw.create_item(an_item())
    batch = [("replace", ("a", an_item("b")))]
    status, _ = await refused(raw.execute_item_batch(batch, ["c-1", "USRT"]))

    assert status == 400
