"""A durable bus in one SQLite file: peek-lock, delivery counts, dead letters, subscriptions."""

import sqlite3
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic_core import from_json, to_json

from local.store.writer import Writer
from shared.bus import Outgoing

LOCK = 60.0  # seconds a message is kept for whoever received it
MOST_DELIVERIES = 10
DEAD_LETTERS = "/$deadletterqueue"

TABLE = """
CREATE TABLE IF NOT EXISTS messages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, entity TEXT NOT NULL, body BLOB NOT NULL,
    properties TEXT NOT NULL, enqueued REAL NOT NULL, locked_until REAL NOT NULL DEFAULT 0,
    lock_token TEXT, deliveries INTEGER NOT NULL DEFAULT 0
)"""
SEEN = """
CREATE TABLE IF NOT EXISTS seen (
    entity TEXT NOT NULL, id TEXT NOT NULL, until REAL NOT NULL, PRIMARY KEY (entity, id)
)"""
FORGET = "DELETE FROM seen WHERE until <= ?"
REMEMBER = "INSERT OR IGNORE INTO seen (entity, id, until) VALUES (?, ?, ?)"
INDEX = "CREATE INDEX IF NOT EXISTS waiting ON messages (entity, seq)"
INSERT = "INSERT INTO messages (entity, body, properties, enqueued) VALUES (?, ?, ?, ?)"
NEXT = """
UPDATE messages SET locked_until = ?, lock_token = ?, deliveries = deliveries + 1
WHERE seq = (SELECT seq FROM messages WHERE entity = ? AND locked_until <= ? ORDER BY seq LIMIT 1)
RETURNING seq, body, properties, enqueued, lock_token, deliveries"""
COMPLETE = "DELETE FROM messages WHERE lock_token = ?"
RELEASE = "UPDATE messages SET locked_until = 0, lock_token = NULL WHERE lock_token = ?"
BURY = (
    "UPDATE messages SET entity = entity || ?, locked_until = 0, lock_token = NULL, properties = ?"
    " WHERE lock_token = ?"
)


@dataclass(frozen=True, slots=True)
class Message:
    """What was sent; `properties` are Service Bus's own, such as MessageId and SessionId."""

    body: bytes
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Received:
    """A message under lock. `deliveries` counts from 1, as the .NET extension reports it."""

    message: Message
    sequence: int
    enqueued: float
    lock_token: str
    deliveries: int


def subscription(topic: str, name: str) -> str:
    return f"{topic}/subscriptions/{name}"


class SqliteBus:
    def __init__(
        self,
        path: Path,
        *,
        subscriptions: Mapping[str, Sequence[str]] | None = None,
        windows: Mapping[str, float] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take the names of subscriptions by topic: each gets a copy of what is sent there.

        `windows` are the seconds for which an entity remembers the ids that were sent to it.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self._subscriptions = subscriptions or {}
        self._windows = windows or {}
        self._clock = clock
        self._writer = Writer(path, create=_create)

    async def send(self, entity: str, messages: Sequence[Outgoing]) -> None:
        """Keep the messages; once this returns, a power cut does not lose them."""
        names = self._subscriptions.get(entity)
        places = [entity] if names is None else [subscription(entity, name) for name in names]
        now = self._clock()
        window = self._windows.get(entity, 0.0)
        rows = [(one.id, (one.body, to_json(_properties(one)).decode(), now)) for one in messages]

        def work(db: sqlite3.Connection) -> None:
            db.execute(FORGET, [now])
            for name, row in rows:
                if window and not db.execute(REMEMBER, [entity, name, now + window]).rowcount:
                    continue
                db.executemany(INSERT, [(place, *row) for place in places])

        await self._writer.write(work)

    async def receive(self, entity: str) -> Received | None:
        """Lock the oldest message that waits, or return None."""
        now = self._clock()
        token = uuid.uuid4().hex

        def work(db: sqlite3.Connection) -> Any:
            return db.execute(NEXT, [now + LOCK, token, entity, now]).fetchone()

        row = await self._writer.write(work)
        if row is None:
            return None
        sequence, body, properties, enqueued, lock_token, deliveries = row
        message = Message(bytes(body), from_json(properties))
        return Received(message, sequence, enqueued, lock_token, deliveries)

    async def complete(self, received: Received) -> None:
        await self._run(COMPLETE, received.lock_token)

    async def abandon(self, received: Received) -> None:
        """Give it back; after the tenth delivery it becomes a dead letter, with the reason."""
        if received.deliveries < MOST_DELIVERIES:
            await self._run(RELEASE, received.lock_token)
            return
        reason = {"DeadLetterReason": "MaxDeliveryCountExceeded"}
        properties = to_json({**received.message.properties, **reason}).decode()
        await self._run(BURY, DEAD_LETTERS, properties, received.lock_token)

    def close(self) -> None:
        self._writer.close()

    async def _run(self, statement: str, *values: str) -> None:
        await self._writer.write(lambda db: db.execute(statement, values).rowcount)


def _properties(message: Outgoing) -> dict[str, Any]:
    """Return them as Service Bus names them."""
    return {
        "MessageId": message.id,
        "SessionId": message.session,
        "ContentType": message.content_type,
        "ApplicationProperties": dict(message.properties),
    }


def _create(db: sqlite3.Connection) -> None:
    db.execute(TABLE)
    db.execute(SEEN)
    db.execute(INDEX)
