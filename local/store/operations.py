"""The operations of a commit, as SQL inside the writer's transaction."""

import itertools
import secrets
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from pydantic_core import to_json

from shared.core.errors import AlreadyExists, Stale
from shared.platform.topology import containers
from shared.ports.documents import (
    MAX_BYTES,
    CommitTooLarge,
    Create,
    Operation,
    Partition,
    Put,
    Remove,
    Replace,
    Succeed,
)

# An ETag is unique: within this process by the count, among processes by the salt.
_salt = secrets.token_hex(6)
_count = itertools.count(1)

COLUMNS = "(partition, id, etag, body, expires)"
REMOVE = "DELETE FROM {} WHERE partition = ? AND id = ?"
ALIVE = " AND (expires IS NULL OR expires > ?)"
REMOVE_VERSION = REMOVE + " AND etag = ?" + ALIVE
REMOVE_NUMBER = REMOVE + " AND CAST(json_extract(body, '$.version') AS TEXT) = ?" + ALIVE
REMOVE_EXPIRED = REMOVE + " AND expires <= ?"


class Row:
    """One prepared operation: everything that needs no database is done before the transaction."""

    __slots__ = ("operation", "partition", "size", "values")

    def __init__(self, container: str, partition: str, operation: Operation, now: float) -> None:
        self.operation = operation
        self.partition = partition
        self.size = 0
        self.values: tuple[Any, ...] = ()
        if isinstance(operation, Remove):
            return
        body = to_json(operation.body)
        etag = f"{_salt}{next(_count):x}"
        expires = _expiry(container, operation.body, now)
        self.size = len(body)
        self.values = (partition, operation.body["id"], etag, body.decode(), expires)

    @property
    def etag(self) -> str:
        return self.values[2] if self.values else ""


def prepare(
    container: str, partition: Partition, operations: Sequence[Operation], now: float
) -> list[Row]:
    partition_key = join(partition)
    rows = [Row(container, partition_key, operation, now) for operation in operations]
    if sum(row.size for row in rows) > MAX_BYTES:
        raise CommitTooLarge("A commit holds at most 2 MB.")
    return rows


def apply(db: sqlite3.Connection, container: str, rows: Sequence[Row], now: float) -> list[str]:
    """Apply the operations in order and return the new ETags. Raises AlreadyExists, Stale.

    Consecutive operations of one kind share a statement: SQLite then runs all of them without
    the interpreter lock, which other threads can hold meanwhile.
    """
    for kind, group in itertools.groupby(rows, key=lambda row: type(row.operation)):
        APPLY[kind](db, container, list(group), now)
    return [row.etag for row in rows]


def is_one_statement(rows: Sequence[Row]) -> bool:
    """Return whether the rows are written by one statement, which is atomic by itself."""
    return all(isinstance(row.operation, Create) for row in rows) or all(
        isinstance(row.operation, Put) for row in rows
    )


def _put(db: sqlite3.Connection, container: str, rows: list[Row], _: float) -> None:
    db.execute(_insert("INSERT OR REPLACE", container, len(rows)), _flat(rows))


def _create(db: sqlite3.Connection, container: str, rows: list[Row], now: float) -> None:
    statement, values = _insert("INSERT", container, len(rows)), _flat(rows)
    try:
        db.execute(statement, values)
    except sqlite3.IntegrityError as exc:
        keys = [[*row.values[:2], now] for row in rows]
        if not db.executemany(REMOVE_EXPIRED.format(container), keys).rowcount:
            raise AlreadyExists("A document with this id exists already.") from exc
        _create(db, container, rows, now)


def _replace(db: sqlite3.Connection, container: str, rows: list[Row], now: float) -> None:
    for row in rows:
        if isinstance(row.operation, Succeed):
            remove, version = REMOVE_NUMBER, str(row.operation.was)
        elif isinstance(row.operation, Replace):
            remove, version = REMOVE_VERSION, row.operation.etag
        else:
            continue
        if db.execute(remove.format(container), [*row.values[:2], version, now]).rowcount != 1:
            raise Stale("The document was changed since it was read.")
    db.execute(_insert("INSERT", container, len(rows)), _flat(rows))


def _remove(db: sqlite3.Connection, container: str, rows: list[Row], _: float) -> None:
    keys = [(row.partition, row.operation.id) for row in rows if isinstance(row.operation, Remove)]
    db.executemany(REMOVE.format(container), keys)


APPLY: dict[type[Operation], Callable[[sqlite3.Connection, str, list[Row], float], None]] = {
    Put: _put,
    Create: _create,
    Replace: _replace,
    Succeed: _replace,
    Remove: _remove,
}


@cache
def _insert(verb: str, container: str, count: int) -> str:
    return f"{verb} INTO {container} {COLUMNS} VALUES " + ", ".join(["(?, ?, ?, ?, ?)"] * count)


def _flat(rows: Sequence[Row]) -> list[Any]:
    return [value for row in rows for value in row.values]


def join(partition: Partition) -> str:
    """Return the partition key as one string; its parts may hold anything but a line break."""
    if not all(partition) or any("\n" in part for part in partition):
        raise ValueError(f"{partition!r} cannot be a partition key")
    return "\n".join(partition)


def _expiry(container: str, body: Mapping[str, Any], now: float) -> float | None:
    seconds = body.get("ttl", containers()[container].ttl)
    return None if seconds is None or seconds < 0 else now + seconds
