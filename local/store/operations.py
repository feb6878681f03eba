"""The operations of a commit, as SQL inside the writer's transaction."""

import itertools
import secrets
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import to_json

from shared.errors import AlreadyExists, Stale
from shared.ports import (
    MOST_BYTES,
    CommitTooLarge,
    Create,
    Operation,
    Partition,
    Put,
    Remove,
    Replace,
)
from shared.topology import containers

# An ETag is unlike every other one, in this process by the count, elsewhere by the salt.
_salt = secrets.token_hex(6)
_count = itertools.count(1)

ROW = "(partition, id, etag, body, expires) VALUES (?, ?, ?, ?, ?)"
PUT = "INSERT OR REPLACE INTO {} " + ROW
CREATE = "INSERT INTO {} " + ROW
REMOVE = "DELETE FROM {} WHERE partition = ? AND id = ?"
REMOVE_VERSION = REMOVE + " AND etag = ? AND (expires IS NULL OR expires > ?)"
REMOVE_EXPIRED = REMOVE + " AND expires <= ?"


class Row:
    """One operation made ready: what needs no database is done before the writer's turn."""

    __slots__ = ("body", "etag", "expires", "id", "operation")

    def __init__(self, container: str, operation: Operation, now: float) -> None:
        self.operation = operation
        self.body, self.etag, self.expires = "", "", None
        if isinstance(operation, Remove):
            self.id = operation.id
            return
        self.id = operation.body["id"]
        self.body = to_json(operation.body).decode()
        self.etag = f"{_salt}{next(_count):x}"
        self.expires = _expiry(container, operation.body, now)


def prepare(container: str, operations: Sequence[Operation], now: float) -> list[Row]:
    rows = [Row(container, operation, now) for operation in operations]
    if sum(len(row.body) for row in rows) > MOST_BYTES:
        raise CommitTooLarge("A commit holds at most 2 MB.")
    return rows


def apply(
    db: sqlite3.Connection, container: str, partition: Partition, row: Row, now: float
) -> str:
    """Do one operation and return the new ETag; raise AlreadyExists or Stale."""
    place = [join(partition), row.id]
    values = [*place, row.etag, row.body, row.expires]
    match row.operation:
        case Put():
            db.execute(PUT.format(container), values)
        case Remove():
            db.execute(REMOVE.format(container), place)
        case Replace(etag=read):
            gone = db.execute(REMOVE_VERSION.format(container), [*place, read, now])
            if gone.rowcount != 1:
                raise Stale("It was changed since it was read.")
            db.execute(CREATE.format(container), values)
        case Create():
            _create(db, container, values, now)
    return row.etag


def join(partition: Partition) -> str:
    """Return the partition key as one string; its parts may hold anything but a line break."""
    if not all(partition) or any("\n" in part for part in partition):
        raise ValueError(f"{partition!r} cannot be a partition key")
    return "\n".join(partition)


def _create(db: sqlite3.Connection, container: str, values: list[Any], now: float) -> None:
    db.execute(REMOVE_EXPIRED.format(container), [*values[:2], now])
    try:
        db.execute(CREATE.format(container), values)
    except sqlite3.IntegrityError as exc:
        raise AlreadyExists(f"There is a document {values[1]} already.") from exc


def _expiry(container: str, body: Mapping[str, Any], now: float) -> float | None:
    seconds = body.get("ttl", containers()[container].ttl)
    return None if seconds is None or seconds < 0 else now + seconds
