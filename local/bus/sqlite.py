"""A durable bus in one SQLite file that behaves like Service Bus.

It has peek-lock with delivery counts, sessions, scheduled messages, duplicate detection, topics
with filtered subscriptions, and dead-letter queues.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pydantic_core import to_json

from local.bus import tables
from local.bus.tables import DEAD_LETTERS, MAX_DELIVERIES_EXCEEDED, Received
from local.store.writer import Writer
from shared.platform.topology import Entity, Messaging, messaging
from shared.ports.bus import DeadLetter, Outgoing

POLL_SECONDS = 0.2  # while a session that is held has no message


class SqliteBus:
    def __init__(
        self,
        path: Path,
        layout: Messaging | None = None,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Use the queues and topics of the layout; any other name is a plain queue."""
        path.parent.mkdir(parents=True, exist_ok=True)
        layout = layout or messaging()
        self._topics = layout.topics
        self._entities = layout.entities()
        self._clock = clock
        self._held: dict[str, set[str]] = {}  # by entity, the sessions of this process
        self._writer = Writer(path, create=tables.create)

    def entity(self, path: str) -> Entity:
        return self._entities.get(path) or Entity(path)

    async def compact(self) -> None:
        """Leave nothing of messages that were received or removed. Raises StoreFailed."""
        await self._writer.empty_log()

    async def send(self, entity: str, messages: Sequence[Outgoing]) -> None:
        """Store the messages; once this returns, a power failure does not lose them."""
        now = self._clock()
        topic = self._topics.get(entity)
        receivers = topic.subscriptions if topic else (self.entity(entity),)
        window = topic.duplicate_window if topic else receivers[0].duplicate_window

        def work(db: sqlite3.Connection) -> None:
            if window:
                db.execute(tables.FORGET_IDS, [now])
            for message in messages:
                if (
                    window
                    and not db.execute(
                        tables.REMEMBER_ID, [entity, message.id, now + window]
                    ).rowcount
                ):
                    continue
                row = tables.row_of(message, now)
                admitting = [
                    receiver.path for receiver in receivers if receiver.admits(message.properties)
                ]
                db.executemany(tables.INSERT, [(path, *row) for path in admitting])

        if messages:
            await self._writer.write(work)

    async def receive(self, entity: str, limit: int = 1) -> list[Received]:
        """Lock the oldest waiting messages, but one per session."""
        which = tables.FIRST_OF_SESSION if self.entity(entity).sessions else ""
        return await self._lock(entity, which, [], limit)

    async def accept(self, entity: str) -> "SqliteSession | None":
        """Take up the session with the oldest message among those that are not held."""
        held = self._held.setdefault(entity, set())
        names = to_json(sorted(held)).decode()
        locking = asyncio.ensure_future(self._lock(entity, tables.OF_OTHER_SESSIONS, [names], 1))
        try:
            found = await asyncio.shield(locking)
        except asyncio.CancelledError:
            for received in await locking:  # nobody would deliver it
                await self.give_back(received)
            raise
        if not found:
            return None
        name = found[0].message.properties["SessionId"]
        if name in held:  # another of this process was faster
            await self.give_back(found[0])
            return None
        held.add(name)
        return SqliteSession(self, entity, name, found[0])

    async def next_of(self, entity: str, session: str) -> Received | None:
        """Lock the next message of a session."""
        found = await self._lock(entity, tables.OF_SESSION, [session], 1)
        return found[0] if found else None

    def release(self, entity: str, session: str) -> None:
        self._held[entity].discard(session)

    async def take_over(self) -> None:
        await self._changes(tables.FREE)

    async def give_back(self, received: Received) -> None:
        """Unlock a message that was not delivered, and do not count it."""
        await self._changes(tables.RETURN, received.lock_token)

    async def _lock(
        self, entity: str, which: str, values: Sequence[str], limit: int
    ) -> list[Received]:
        now = self._clock()
        layout = self.entity(entity)
        statement = tables.LOCK_NEXT.format(which=which)

        def work(db: sqlite3.Connection) -> list[Any]:
            for (sequence,) in db.execute(tables.SELECT_DUE, [entity, now]).fetchall():
                db.execute(tables.ENQUEUE_DUE, [now, sequence])
                db.execute(tables.DELETE, [sequence])
            _dead_letter(db, entity, now, layout.max_deliveries)
            parameters = [now + layout.lock, entity, now, *values, limit]
            return db.execute(statement, parameters).fetchall()

        rows = await self._writer.write(work)
        return sorted(map(tables.received_of, rows), key=lambda received: received.sequence)

    async def complete(self, received: Received) -> bool:
        """Remove the message, if its lock has not expired."""
        return await self._changes(tables.COMPLETE, received.lock_token, self._clock())

    async def renew(self, entity: str, received: Received) -> bool:
        """Extend the lock by its full duration, if it has not expired."""
        now = self._clock()
        until = now + self.entity(entity).lock
        return await self._changes(tables.RENEW, until, received.lock_token, now)

    async def abandon(self, received: Received) -> None:
        """Unlock the message; after its last delivery it is dead-lettered instead."""
        await self._changes(tables.UNLOCK, received.lock_token)

    async def dead_letters(self, entity: str, *, after: int, limit: int) -> list[DeadLetter]:
        max_deliveries = self.entity(entity).max_deliveries

        def work(db: sqlite3.Connection) -> list[Any]:
            _dead_letter(db, entity, self._clock(), max_deliveries)
            return db.execute(
                tables.SELECT_DEAD_LETTERS, [entity + DEAD_LETTERS, after, limit]
            ).fetchall()

        return [tables.dead_letter_of(entity, row) for row in await self._writer.write(work)]

    async def replay(self, entity: str, sequence: int, body: bytes | None) -> bool:
        now = self._clock()
        dead_letter_queue = entity + DEAD_LETTERS

        def work(db: sqlite3.Connection) -> bool:
            count = db.execute(
                tables.REPLAY, [entity, body, now, sequence, dead_letter_queue]
            ).rowcount
            db.execute(tables.DROP, [sequence, dead_letter_queue])
            return bool(count)

        replayed: bool = await self._writer.write(work)
        return replayed

    async def drop(self, entity: str, sequence: int) -> bool:
        return await self._changes(tables.DROP, sequence, entity + DEAD_LETTERS)

    def close(self) -> None:
        self._writer.close()

    async def _changes(self, statement: str, *values: str | float) -> bool:
        count = await self._writer.write(lambda db: db.execute(statement, values).rowcount)
        return bool(count)


class SqliteSession:
    """A session of the embedded bus. Another process may write to it, so it looks repeatedly."""

    def __init__(self, bus: SqliteBus, entity: str, name: str, first: Received) -> None:
        self._bus, self._entity, self._name = bus, entity, name
        self._first: Received | None = first

    async def next(self, wait: float) -> Received | None:
        if first := self._first:
            self._first = None
            return first
        end = time.monotonic() + wait
        while not (found := await self._bus.next_of(self._entity, self._name)):
            if time.monotonic() >= end:
                return None
            await asyncio.sleep(min(POLL_SECONDS, wait))
        return found

    async def release(self) -> None:
        if self._first:
            await self._bus.give_back(self._first)
        self._bus.release(self._entity, self._name)


def _dead_letter(db: sqlite3.Connection, entity: str, now: float, max_deliveries: int) -> None:
    """Move the messages that were delivered too often to the dead-letter queue."""
    values = [DEAD_LETTERS, MAX_DELIVERIES_EXCEEDED, entity, now, max_deliveries]
    db.execute(tables.DEAD_LETTER, values)
