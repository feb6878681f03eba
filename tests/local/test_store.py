"""What the embedded store promises beyond the port: durability, room, several processes."""

import asyncio
import multiprocessing
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from local.store import SqliteDocuments
from local.store.writer import StoreFailed
from shared.ports.documents import (
    Condition,
    Contains,
    Create,
    Equal,
    In,
    Operation,
    Order,
    Placed,
    Put,
    Range,
)

HERE = ("c-1", "USRT")


async def test_a_full_disk_loses_nothing_and_says_so(tmp_path: Path) -> None:
    store = SqliteDocuments(tmp_path / "libro.db", max_pages=200)
    acknowledged: list[int] = []

    async def fill() -> None:
        for n in range(1000):
            both: list[Operation] = [
                Create({"id": f"{n}", "text": "x" * 5000}),
                Put({"id": "last"}),
            ]
            await store.commit("customers", HERE, both)
            acknowledged.append(n)

    with pytest.raises(StoreFailed):
        await fill()
    page = await store.query("customers", HERE, limit=1000)

    assert len(page.documents) == len(acknowledged) + 1, "nothing by half"
    await store.commit("customers", HERE, [Put({"id": "last", "small": True})])
    store.close()


async def test_of_commits_that_share_a_transaction_each_stands_for_itself(tmp_path: Path) -> None:
    store = SqliteDocuments(tmp_path / "libro.db")
    outcomes = await asyncio.gather(
        *(store.commit("customers", HERE, [Create({"id": f"{n % 10}"})]) for n in range(50)),
        return_exceptions=True,
    )

    assert sum(isinstance(one, list) for one in outcomes) == 10
    assert len((await store.query("customers", HERE)).documents) == 10
    store.close()


async def test_fifty_writers_at_once_share_few_transactions(tmp_path: Path) -> None:
    store = SqliteDocuments(tmp_path / "libro.db")
    commits = 0

    def count(statement: str) -> None:
        nonlocal commits
        commits += statement == "COMMIT"

    store._writer._db.set_trace_callback(count)
    await asyncio.gather(
        *(store.commit("customers", HERE, [Put({"id": f"{n}"})]) for n in range(50))
    )
    store._writer._db.set_trace_callback(None)

    assert commits < 10
    store.close()


async def test_commits_are_synced_before_they_are_acknowledged(tmp_path: Path) -> None:
    store = SqliteDocuments(tmp_path / "libro.db")
    [mode] = store._writer._db.execute("PRAGMA synchronous").fetchone()
    [journal] = store._writer._db.execute("PRAGMA journal_mode").fetchone()

    assert (mode, journal) == (2, "wal"), "2 is FULL"
    store.close()


async def test_scattered_writes_wait_for_the_disk_with_the_next_commit(tmp_path: Path) -> None:
    store = SqliteDocuments(tmp_path / "libro.db")
    modes: list[str] = []
    store._writer._db.set_trace_callback(
        lambda statement: modes.append(statement) if "synchronous" in statement else None
    )
    await store.scatter("directory", [], Placed(HERE, Put({"id": "a"})))
    await store.scatter("directory", [], Placed(HERE, Put({"id": "b"})))
    await store.commit("customers", HERE, [Put({"id": "c"})])
    store._writer._db.set_trace_callback(None)

    assert modes == ["PRAGMA synchronous = NORMAL", "PRAGMA synchronous = FULL"]
    store.close()


SHARD = ("USRT:customers:0",)
AFTER = Range("seq", start=7)


@pytest.mark.parametrize(
    ("conditions", "order", "index"),
    [
        ((Equal("owner", "a"),), Order(("id",)), "changes_owner"),
        ((Equal("table", "customers"),), Order(("id",)), "changes_table"),
        ((AFTER, Contains("reach", ("b",)), In("table", ("c",))), Order(("seq",)), "changes_seq"),
    ],
)
async def test_a_path_without_a_composite_index_has_one_of_its_own(
    tmp_path: Path, conditions: tuple[Condition, ...], order: Order, index: str
) -> None:
    store = SqliteDocuments(tmp_path / "libro.db")
    with _explained(store, tmp_path / "libro.db") as plans:
        await store.query("changes", SHARD, *conditions, order=order)

    assert f"USING INDEX {index}" in plans[0]
    assert not any("TEMP B-TREE" in step for step in plans), "no sorting"
    store.close()


async def test_a_query_on_an_indexed_path_uses_the_index(tmp_path: Path) -> None:
    store = SqliteDocuments(tmp_path / "libro.db")
    with _explained(store, tmp_path / "libro.db") as plans:
        await store.query(
            "customers",
            HERE,
            Equal("type", "address"),
            order=Order(("type", "createdAt")),
            limit=20,
        )
        await store.query("directory", ("w:jo", "USRT"), limit=20)

    assert "USING INDEX customers_type_createdAt" in plans[0]
    assert len(plans) == 2, f"no sorting: {plans}"
    store.close()


@contextmanager
def _explained(store: SqliteDocuments, path: Path) -> Iterator[list[str]]:
    """Give the steps of the queries within."""
    plans: list[str] = []

    def explain(statement: str) -> None:
        if statement.startswith("SELECT etag, body"):
            rows = other.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()
            plans.extend(row[3] for row in rows)

    other = sqlite3.connect(path)
    store._db.set_trace_callback(explain)
    yield plans
    store._db.set_trace_callback(None)
    other.close()


def _write(path: str, task: int, count: int) -> None:
    async def work() -> None:
        store = SqliteDocuments(Path(path))
        for n in range(count):
            await store.commit("customers", (f"{task}", "USRT"), [Create({"id": f"{n}"})])
        store.close()

    asyncio.run(work())


async def test_processes_write_side_by_side(tmp_path: Path) -> None:
    path = tmp_path / "libro.db"
    SqliteDocuments(path).close()
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_write, args=(str(path), n, 200)) for n in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        await asyncio.to_thread(process.join)
    store = SqliteDocuments(path)
    seen, position = 0, None
    while (changes := await store.changes("customers", position, 100)).documents:
        seen, position = seen + len(changes.documents), changes.position

    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert seen == 600
    store.close()


async def test_a_file_of_before_the_finer_level_came_first_is_turned_round(tmp_path: Path) -> None:
    path = tmp_path / "libro.db"
    store = SqliteDocuments(path)
    await store.commit("customers", HERE, [Create({"id": "a"})])
    await store.commit("settings", ("USRT", "stores"), [Create({"id": "b"})])
    store.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("UPDATE customers SET partition = ?", ["\n".join(reversed(HERE))])
        db.execute("PRAGMA user_version = 0")

    for _ in range(2):
        store = SqliteDocuments(path)
        assert await store.read("customers", HERE, "a")
        assert await store.read("settings", ("USRT", "stores"), "b")
        store.close()
