"""What every adapter of the document port must do. A new adapter is one more line in `STORES`."""

import asyncio
from typing import Any

import pytest

from shared.core.errors import AlreadyExists, Stale
from shared.ports.documents import (
    CommitTooLarge,
    Contains,
    Create,
    Document,
    Documents,
    Equal,
    Exists,
    In,
    Missing,
    Operation,
    Order,
    Placed,
    Prefix,
    Put,
    Range,
    Remove,
    Replace,
    Succeed,
)
from tests.contracts.stores import Clock

HERE = ("c-1", "USRT")
THERE = ("c-2", "USRT")


async def must_read(store: Documents, document_id: str) -> Document:
    document = await store.read("customers", HERE, document_id)
    assert document is not None
    return document


async def collect(store: Documents, *conditions: object, **how: object) -> list[str]:
    page = await store.query("customers", HERE, *conditions, **how)  # type: ignore[arg-type]
    return [document.id for document in page.documents]


async def test_a_document_comes_back_as_it_was_written(store: Documents) -> None:
    body = {"id": "a", "name": "Łukasz", "tags": ["x", "y"], "deep": {"n": 1.5, "t": True}}
    [etag] = await store.commit("customers", HERE, [Create(body)])

    assert await store.read("customers", HERE, "a") == Document(body, etag)


async def test_an_unknown_document_is_none(store: Documents) -> None:
    assert await store.read("customers", HERE, "never") is None


async def test_one_id_is_read_in_many_partitions(store: Documents) -> None:
    await store.commit("customers", HERE, [Create({"id": "a", "n": 1}), Create({"id": "b"})])
    await store.commit("customers", THERE, [Create({"id": "a", "n": 2})])
    places = [THERE, ("c-3", "USRT"), HERE, THERE]
    found = await store.read_newest_in_each("customers", places, "a")

    assert [one and one.body.get("n") for one in found] == [2, None, 1, 2]
    assert await store.read_newest_in_each("customers", [], "a") == []


async def test_the_same_id_in_two_partitions_is_two_documents(store: Documents) -> None:
    await store.commit("customers", HERE, [Create({"id": "a", "n": 1})])
    await store.commit("customers", THERE, [Create({"id": "a", "n": 2})])

    assert (await must_read(store, "a")).body["n"] == 1


async def test_a_document_is_created_once(store: Documents) -> None:
    await store.commit("customers", HERE, [Create({"id": "a", "n": 1})])

    with pytest.raises(AlreadyExists):
        await store.commit("customers", HERE, [Create({"id": "a", "n": 2})])
    assert (await must_read(store, "a")).body["n"] == 1


async def test_the_second_of_two_writers_is_stale(store: Documents) -> None:
    [etag] = await store.commit("customers", HERE, [Create({"id": "a"})])
    await store.commit("customers", HERE, [Replace({"id": "a", "by": "first"}, etag)])

    with pytest.raises(Stale):
        await store.commit("customers", HERE, [Replace({"id": "a", "by": "second"}, etag)])
    assert (await must_read(store, "a")).body["by"] == "first"


async def test_replacing_what_is_gone_is_stale(store: Documents) -> None:
    [etag] = await store.commit("customers", HERE, [Create({"id": "a"})])
    await store.commit("customers", HERE, [Remove("a")])

    with pytest.raises(Stale):
        await store.commit("customers", HERE, [Replace({"id": "a"}, etag)])


async def test_removing_twice_is_no_error(store: Documents) -> None:
    assert await store.commit("customers", HERE, [Remove("a")]) == [""]


async def test_put_writes_whatever_is_there(store: Documents) -> None:
    [first] = await store.commit("customers", HERE, [Put({"id": "a", "n": 1})])
    [second] = await store.commit("customers", HERE, [Put({"id": "a", "n": 2})])

    assert first != second
    assert (await must_read(store, "a")).body["n"] == 2


async def test_a_commit_happens_entirely_or_not_at_all(store: Documents) -> None:
    await store.commit("customers", HERE, [Create({"id": "b"})])

    with pytest.raises(AlreadyExists):
        await store.commit("customers", HERE, [Create({"id": "a"}), Create({"id": "b"})])
    assert await collect(store) == ["b"]


async def test_operations_of_every_kind_happen_together_or_not_at_all(store: Documents) -> None:
    [etag] = await store.commit("customers", HERE, [Create({"id": "b", "n": 1})])
    await store.commit("customers", HERE, [Create({"id": "gone"})])
    before: list[Operation] = [Put({"id": "a"}), Remove("gone"), Replace({"id": "b", "n": 2}, etag)]

    with pytest.raises(AlreadyExists):
        await store.commit("customers", HERE, [*before, Create({"id": "b"})])
    with pytest.raises(Stale):
        await store.commit("customers", HERE, [*before, Replace({"id": "b"}, "another")])
    assert await collect(store) == ["b", "gone"]
    assert (await must_read(store, "b")).body["n"] == 1


async def test_of_many_writers_at_once_one_wins(store: Documents) -> None:
    [etag] = await store.commit("customers", HERE, [Create({"id": "a"})])
    attempts = [
        store.commit("customers", HERE, [Replace({"id": "a", "n": n}, etag)]) for n in range(20)
    ]
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)

    assert sum(isinstance(outcome, list) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, Stale) for outcome in outcomes) == 19


async def test_a_document_succeeds_the_version_that_it_names(store: Documents) -> None:
    await store.commit("customers", HERE, [Create({"id": "a", "version": 7, "name": "old"})])
    [etag] = await store.commit(
        "customers", HERE, [Succeed({"id": "a", "version": 8, "name": "new"}, was=7)]
    )

    expected = Document({"id": "a", "version": 8, "name": "new"}, etag)
    assert await store.read("customers", HERE, "a") == expected


@pytest.mark.parametrize("was", [6, 8])
async def test_what_another_version_came_before_is_stale(store: Documents, was: int) -> None:
    await store.commit("customers", HERE, [Create({"id": "a", "version": 7})])

    with pytest.raises(Stale):
        await store.commit(
            "customers", HERE, [Put({"id": "b"}), Succeed({"id": "a", "version": 9}, was=was)]
        )
    assert (await must_read(store, "a")).body["version"] == 7
    assert await store.read("customers", HERE, "b") is None


async def test_nothing_succeeds_what_is_not_there(store: Documents) -> None:
    with pytest.raises(Stale):
        await store.commit("customers", HERE, [Succeed({"id": "a", "version": 1}, was=0)])


async def test_what_succeeds_has_few_fields(store: Documents) -> None:
    body = {"id": "a", **{f"f{n}": n for n in range(9)}}
    with pytest.raises(ValueError, match="too many fields"):
        await store.commit("customers", HERE, [Succeed(body, was=0)])


async def test_a_commit_holds_at_most_a_hundred_operations(store: Documents) -> None:
    with pytest.raises(CommitTooLarge):
        await store.commit("customers", HERE, [Put({"id": f"{n}"}) for n in range(101)])


async def test_a_commit_holds_at_most_two_megabytes(store: Documents) -> None:
    half = "x" * 1024 * 1024
    with pytest.raises(CommitTooLarge):
        await store.commit("customers", HERE, [Put({"id": f"{n}", "t": half}) for n in range(3)])
    assert await collect(store) == []


@pytest.mark.parametrize("name", ["", "a/b", "a\\b", "a?b", "a#b", "x" * 256, ".", ".."])
async def test_an_id_that_cosmos_db_would_refuse_is_refused(store: Documents, name: str) -> None:
    with pytest.raises(ValueError, match="cannot be the id"):
        await store.commit("customers", HERE, [Put({"id": name})])
    with pytest.raises(ValueError, match="cannot be the id"):
        await store.read("customers", HERE, name)


async def test_scattered_writes_are_all_there_when_the_seal_is(store: Documents) -> None:
    writes = [Placed((f"b-{n}", "USRT"), Put({"id": "a", "n": n})) for n in range(30)]
    etag = await store.scatter("directory", writes, Placed(("seal", "USRT"), Create({"id": "s"})))

    found = [await store.read("directory", (f"b-{n}", "USRT"), "a") for n in range(30)]
    seal = await store.read("directory", ("seal", "USRT"), "s")
    assert [document and document.body["n"] for document in found] == list(range(30))
    assert seal is not None
    assert seal.etag == etag


async def test_a_seal_that_somebody_else_wrote_is_stale(store: Documents) -> None:
    place = ("seal", "USRT")
    [etag] = await store.commit("directory", place, [Create({"id": "s"})])
    await store.commit("directory", place, [Put({"id": "s"})])

    with pytest.raises(Stale):
        await store.scatter("directory", [], Placed(place, Replace({"id": "s"}, etag)))


@pytest.fixture
async def people(store: Documents) -> Documents:
    rows: list[dict[str, object]] = [
        {"id": "1", "type": "p", "name": "ann", "age": 31, "tags": ["vip", "new"], "vip": True},
        {
            "id": "2",
            "type": "p",
            "name": "anna",
            "age": 47,
            "tags": ["old"],
            "vip": False,
            "deep": {"size": 2.5},
        },
        {
            "id": "3",
            "type": "p",
            "name": "bob",
            "age": 31,
            "tags": [],
            "mail": "b@x.org",
            "deep": {"size": 1.5},
        },
        {"id": "4", "type": "q", "name": "an'; DROP TABLE customers --", "age": 9},
    ]
    await store.commit("customers", HERE, [Create(row) for row in rows])
    return store


@pytest.mark.parametrize(
    ("conditions", "ids"),
    [
        ([], ["1", "2", "3", "4"]),
        ([Equal("name", "bob")], ["3"]),
        ([Equal("age", 31)], ["1", "3"]),
        ([Equal("vip", True)], ["1"]),
        ([In("name", ("bob", "ann", "zed"))], ["1", "3"]),
        ([Range("age", start=31, end=47)], ["1", "3"]),
        ([Range("age", start=40)], ["2"]),
        ([Range("name", end="anna")], ["1", "4"]),
        ([Prefix("name", "ann")], ["1", "2"]),
        ([Prefix("id", "3")], ["3"]),
        ([Contains("tags", ("vip",))], ["1"]),
        ([Contains("tags", ("old", "new"))], ["1", "2"]),
        ([Exists("mail")], ["3"]),
        ([Missing("mail")], ["1", "2", "4"]),
        ([Equal("deep.size", 2.5)], ["2"]),
        ([Range("deep.size", start=2.0)], ["2"]),
        ([In("age", (47, 12))], ["2"]),
        ([Equal("type", "p"), Prefix("name", "an"), Range("age", end=40)], ["1"]),
        ([Equal("name", "an'; DROP TABLE customers --")], ["4"]),
    ],
)
async def test_a_query_returns_what_meets_all_conditions(
    people: Documents, conditions: list[object], ids: list[str]
) -> None:
    assert await collect(people, *conditions) == ids


async def test_a_query_is_ordered_by_one_or_two_paths(people: Documents) -> None:
    for name, created in (("1", "b"), ("2", "a"), ("3", "c")):
        await people.commit(
            "customers", HERE, [Put({"id": name, "type": "p", "createdAt": created})]
        )
    both = ("type", "createdAt")

    assert await collect(people, order=Order(("id",), descending=True)) == ["4", "3", "2", "1"]
    for order in (Order(("createdAt",)), Order(both)):
        assert await collect(people, Equal("type", "p"), order=order) == ["2", "1", "3"]
    down = Order(both, descending=True)
    assert await collect(people, Equal("type", "p"), order=down) == ["3", "1", "2"]


async def test_a_query_stays_inside_its_partition(people: Documents) -> None:
    page = await people.query("customers", THERE)

    assert list(page.documents) == []


@pytest.mark.parametrize("descending", [False, True])
async def test_pages_show_everything_once_though_others_write(
    store: Documents, descending: bool
) -> None:
    rows = [Create({"id": f"{n:02}", "type": "p", "createdAt": f"{n // 3}"}) for n in range(25)]
    await store.commit("customers", HERE, rows)
    order = Order(("createdAt",), descending=descending)
    seen: list[str] = []
    continuation: str | None = None
    while True:
        page = await store.query("customers", HERE, order=order, limit=4, continuation=continuation)
        seen += [document.id for document in page.documents]
        # A document before the page that was read must not shift the next one.
        await store.commit("customers", HERE, [Remove(seen[0])])
        if (continuation := page.continuation) is None:
            break

    assert len(seen) == len(set(seen)) == 25


@pytest.mark.own_store
async def test_a_document_outlives_its_time_for_nobody(store: Documents, clock: Clock) -> None:
    await store.commit("customers", HERE, [Create({"id": "a", "ttl": 60}), Create({"id": "b"})])
    [etag] = await store.commit("requests", ("k",), [Create({"id": "r", "type": "t", "number": 1})])
    clock.now += 61

    assert await collect(store) == ["b"]
    assert await store.read("customers", HERE, "a") is None
    assert await store.read("requests", ("k",), "r") is not None, "a day is not over"
    await store.commit("customers", HERE, [Create({"id": "a"})])

    clock.now += 86400
    assert await store.read("requests", ("k",), "r") is None
    with pytest.raises(Stale):
        await store.commit("requests", ("k",), [Replace({"id": "r"}, etag)])


@pytest.mark.own_store
async def test_the_feed_shows_every_document_at_its_last_version(store: Documents) -> None:
    await store.commit("customers", HERE, [Put({"id": "a", "n": 1}), Put({"id": "b", "n": 1})])
    first = await store.changes("customers", None, limit=1)
    await store.commit("customers", THERE, [Put({"id": "a", "n": 2})])
    await store.commit("customers", HERE, [Put({"id": "a", "n": 3})])
    rest, position = await changed(store, first.position)
    nothing = await store.changes("customers", position, limit=10)

    assert [document.body["n"] for document in first.documents] == [1]
    assert rest.index("b") < rest.index(3), "in their order, in each logical partition"
    assert sorted(map(str, rest)) == ["2", "3", "b"]
    assert list(nothing.documents) == []


async def changed(store: Documents, position: str) -> tuple[list[Any], str]:
    """Return what the feed shows until it has nothing more, and the position after it."""
    names: list[Any] = []
    while True:
        changes = await store.changes("customers", position, limit=10)
        position = changes.position
        if not changes.documents:
            return names, position
        names += ["b" if one.id == "b" else one.body["n"] for one in changes.documents]


@pytest.mark.own_store
async def test_writers_at_once_leave_nothing_out_of_the_feed(store: Documents) -> None:
    async def write(task: int) -> None:
        for n in range(25):
            await store.commit("customers", (f"{task}", "USRT"), [Put({"id": f"{n}", "t": task})])

    writing = asyncio.gather(*(write(task) for task in range(8)))
    seen: set[tuple[int, str]] = set()
    position: str | None = None
    while len(seen) < 200:
        changes = await store.changes("customers", position, limit=7)
        seen |= {(document.body["t"], document.id) for document in changes.documents}
        position = changes.position
        await asyncio.sleep(0)
    await writing

    assert len(seen) == 200
