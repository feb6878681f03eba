"""The document port on one SQLite file: reads in the caller's thread, writes by group commit."""

import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from local.store import operations as ops
from local.store import schema, sql
from local.store.writer import StoreFailed, Writer
from shared.platform.topology import containers
from shared.ports.documents import (
    Changes,
    Condition,
    Document,
    Documents,
    Operation,
    Order,
    Page,
    Partition,
    Placed,
    check_id,
    check_operations,
)

ALIVE = "(expires IS NULL OR expires > ?)"
BY_ID = Order()
CACHE_KIB = 96_000  # searches read scattered pages, so a large cache helps them


class SqliteDocuments(Documents):
    """Several processes may open the same file; each sees what any of them has committed.

    A read takes some ten microseconds, less than a switch of threads, so it runs in the caller's
    thread; only writes, which wait for the disk, run in a thread of their own.
    """

    def __init__(
        self,
        path: Path,
        *,
        clock: Callable[[], float] = time.time,
        max_pages: int | None = None,
    ) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._clock = clock
        self._writer = Writer(path, max_pages=max_pages)
        self._db = schema.connect(path, cache=CACHE_KIB)
        self._reads = {name: _read_statement(name) for name in containers()}

    async def read(self, container: str, partition: Partition, document_id: str) -> Document | None:
        check_id(document_id)
        rows = self._select(
            self._reads[container], [ops.join(partition), document_id, self._clock()]
        )
        return _document(rows[0]) if rows else None

    async def read_newest_in_each(
        self, container: str, partitions: Sequence[Partition], document_id: str
    ) -> list[Document | None]:
        check_id(document_id)
        keys = list(map(ops.join, partitions))
        rows = self._select(
            f"SELECT partition, etag, body FROM {containers()[container].name}"  # noqa: S608
            f" WHERE partition IN ({', '.join('?' * len(keys))}) AND id = ? AND {ALIVE}",
            [*keys, document_id, self._clock()],
        )
        found = {partition: _document(row) for partition, *row in rows}
        return [found.get(key) for key in keys]

    async def commit(
        self, container: str, partition: Partition, operations: Sequence[Operation]
    ) -> list[str]:
        check_operations(operations)
        now = self._clock()
        rows = ops.prepare(container, partition, operations, now)

        def work(db: sqlite3.Connection) -> list[str]:
            return ops.apply(db, container, rows, now)

        etags: list[str] = await self._writer.write(work, guarded=not ops.is_one_statement(rows))
        return etags

    async def scatter(self, container: str, writes: Sequence[Placed], seal: Placed) -> str:
        now = self._clock()
        rows: list[ops.Row] = []
        for write in (*writes, seal):
            check_operations([write.operation])
            rows += ops.prepare(container, write.partition, [write.operation], now)

        def work(db: sqlite3.Connection) -> str:
            return ops.apply(db, container, rows, now)[-1]

        # What a power failure undoes is told of again: the position of a feed is written later.
        etag: str = await self._writer.write(work, lasting=False)
        return etag

    async def query(  # noqa: PLR0913  # the port's own signature
        self,
        container: str,
        partition: Partition,
        *conditions: Condition,
        order: Order = BY_ID,
        limit: int = 100,
        continuation: str | None = None,
        newest: bool = False,  # noqa: ARG002  # every reader of one file sees what was written last
    ) -> Page:
        order = sql.without_fixed_paths(order, conditions)
        condition_sql, values = sql.render(conditions)
        after, position = sql.render_after(order, continuation)
        statement = (
            f"SELECT etag, body FROM {containers()[container].name}"  # noqa: S608  # our own names
            f" WHERE partition = ?{condition_sql}{after} AND {ALIVE}"
            f"{sql.render_order(order)} LIMIT ?"
        )
        parameters = [ops.join(partition), *values, *position, self._clock(), limit + 1]
        rows = self._select(statement, parameters)
        documents = [_document(row) for row in rows[:limit]]
        has_more = len(rows) > limit
        return Page(documents, sql.continue_after(order, documents[-1].body) if has_more else None)

    async def changes(self, container: str, position: str | None, limit: int) -> Changes:
        rows = self._select(
            f"SELECT seq, partition, etag, body FROM {containers()[container].name}"  # noqa: S608
            f" WHERE seq > ? AND {ALIVE} ORDER BY seq LIMIT ?",
            [int(position or 0), self._clock(), limit],
        )
        last = str(rows[-1][0]) if rows else position or "0"
        changed = [
            replace(_document(row), partition=tuple(partition.split("\n")))
            for _, partition, *row in rows
        ]
        return Changes(documents=changed, position=last)

    async def sweep(self) -> int:
        """Remove the expired documents, and return how many they were."""
        now = self._clock()
        statements = [
            f"DELETE FROM {name} WHERE expires <= ?"  # noqa: S608
            for name in containers()
        ]

        def work(db: sqlite3.Connection) -> int:
            return sum(db.execute(statement, [now]).rowcount for statement in statements)

        removed: int = await self._writer.write(work)
        return removed

    async def compact(self) -> None:
        """Copy the log into the file and empty it: it has what was there before, too."""
        await self._writer.empty_log()

    def close(self) -> None:
        self._writer.close()
        self._db.close()

    def _select(self, statement: str, parameters: list[Any]) -> list[Any]:
        try:
            return self._db.execute(statement, parameters).fetchall()
        except sqlite3.OperationalError as exc:
            raise StoreFailed(f"The store cannot read now ({exc}).") from exc


def _read_statement(container: str) -> str:
    return f"SELECT etag, body FROM {container} WHERE partition = ? AND id = ? AND {ALIVE}"  # noqa: S608


def _document(row: Sequence[str]) -> Document:
    etag, body = row
    return Document(body=from_json(body), etag=etag)
