"""A durable bus in one SQLite file, with the manners of Service Bus.

Peek-lock with delivery counts, sessions, scheduled messages, duplicate detection, topics with
filtered subscriptions, dead letters.
"""

import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from local.bus import tables as mail
from local.bus.tables import DEAD_LETTERS, WORN_OUT, Received
from local.store.writer import Writer
from shared.platform.topology import Entity, Messaging, messaging
from shared.ports.bus import DeadLetter, Outgoing


class SqliteBus:
    def __init__(
        self,
        path: Path,
        layout: Messaging | None = None,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take the queues and topics; a queue of any other name is there too, as a plain one."""
        path.parent.mkdir(parents=True, exist_ok=True)
        layout = layout or messaging()
        self._topics = layout.topics
        self._entities = layout.entities()
        self._clock = clock
        self._writer = Writer(path, create=mail.create)

    def entity(self, path: str) -> Entity:
        return self._entities.get(path) or Entity(path)

    async def send(self, entity: str, messages: Sequence[Outgoing]) -> None:
        """Keep the messages; once this returns, a power cut does not lose them."""
        now = self._clock()
        topic = self._topics.get(entity)
        places = topic.subscriptions if topic else (self.entity(entity),)
        window = topic.duplicate_window if topic else places[0].duplicate_window

        def work(db: sqlite3.Connection) -> None:
            if window:
                db.execute(mail.FORGET, [now])
            for one in messages:
                if (
                    window
                    and not db.execute(mail.REMEMBER, [entity, one.id, now + window]).rowcount
                ):
                    continue
                row = mail.row_of(one, now)
                admitting = [place.path for place in places if place.admits(one.properties)]
                db.executemany(mail.INSERT, [(path, *row) for path in admitting])

        if messages:
            await self._writer.write(work)

    async def receive(self, entity: str, most: int = 1) -> list[Received]:
        """Lock the oldest messages that wait; of a session only its first."""
        now = self._clock()
        found = self.entity(entity)
        statement = mail.NEXT.format(first=mail.FIRST_OF_SESSION if found.sessions else "")

        def work(db: sqlite3.Connection) -> list[Any]:
            for (sequence,) in db.execute(mail.COME_DUE, [entity, now]).fetchall():
                db.execute(mail.NUMBER_ANEW, [now, sequence])
                db.execute(mail.DELETE, [sequence])
            worn = [DEAD_LETTERS, WORN_OUT, entity, now, found.most_deliveries]
            db.execute(mail.WORN, worn)
            return db.execute(statement, [now + found.lock, entity, now, most]).fetchall()

        rows = await self._writer.write(work)
        return sorted(map(mail.received_of, rows), key=lambda one: one.sequence)

    async def complete(self, received: Received) -> bool:
        """Remove it, if it is still ours."""
        return await self._changes(mail.COMPLETE, received.lock_token, self._clock())

    async def renew(self, entity: str, received: Received) -> bool:
        """Keep it for as long again, if it is still ours."""
        now = self._clock()
        until = now + self.entity(entity).lock
        return await self._changes(mail.RENEW, until, received.lock_token, now)

    async def abandon(self, received: Received) -> None:
        """Give it back; after its last delivery it becomes a dead letter instead."""
        await self._changes(mail.RELEASE, received.lock_token)

    async def dead_letters(self, entity: str, *, after: int, limit: int) -> list[DeadLetter]:
        most = self.entity(entity).most_deliveries

        def work(db: sqlite3.Connection) -> list[Any]:
            db.execute(mail.WORN, [DEAD_LETTERS, WORN_OUT, entity, self._clock(), most])
            return db.execute(mail.DEAD, [entity + DEAD_LETTERS, after, limit]).fetchall()

        return [mail.dead_letter_of(entity, row) for row in await self._writer.write(work)]

    async def replay(self, entity: str, sequence: int, body: bytes | None) -> bool:
        now = self._clock()
        place = entity + DEAD_LETTERS

        def work(db: sqlite3.Connection) -> bool:
            revived = db.execute(mail.REVIVE, [entity, body, now, sequence, place]).rowcount
            db.execute(mail.DROP, [sequence, place])
            return bool(revived)

        there: bool = await self._writer.write(work)
        return there

    async def drop(self, entity: str, sequence: int) -> bool:
        return await self._changes(mail.DROP, sequence, entity + DEAD_LETTERS)

    def close(self) -> None:
        self._writer.close()

    async def _changes(self, statement: str, *values: str | float) -> bool:
        count = await self._writer.write(lambda db: db.execute(statement, values).rowcount)
        return bool(count)
