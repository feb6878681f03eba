"""Feeders, builders and edits over one shard of the index, their store calls in a random order.

What is simulated is the world: a master whose rows are edited, a feed that tells late, twice and
again from the beginning, readers who see older rows than there are, builders who overtake one
another or die. What runs in it is the code of the index.
"""

import asyncio
import random
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

from shared.context import Context
from shared.core.errors import Stale
from shared.distribution.domain.entries import Entry, gone, put
from shared.distribution.domain.scopes import Scope
from shared.distribution.index.appending import append
from shared.distribution.index.reading import Reading
from tests.distribution.index.shard import Shard

SHARD: Final = "customers:0"
TABLE: Final = "customers"
NOW: Final = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)
BOOKS: Final = ("A", "B")
KEYS: Final = ("one", "two", "three")
PAGE_SIZE: Final = 2
SCOPE: Final = Scope((TABLE,), (TABLE,), ("A",))

Rows = dict[str, int]  # the version of each row that is held


@dataclass(frozen=True, slots=True)
class MasterRow:
    """A row of the master at one version; `books` is empty where it is in no scope."""

    version: int
    books: tuple[str, ...]
    is_there: bool = True


@dataclass(frozen=True, slots=True)
class Package:
    """What a channel that holds the package before it does to come to `to`."""

    start: int
    to: int
    rows: dict[str, int | None]


@dataclass
class Rules:
    """What the simulation uses of the index; a mutant has one of them otherwise."""

    reading: type[Reading] = Reading
    keeps_left: bool = True
    guards_versions: bool = True
    guards_chains: bool = True


@dataclass
class World:
    """One group with the scope A, whose chain is `packages`."""

    chance: random.Random
    context: Context
    rules: Rules = field(default_factory=Rules)
    master: dict[str, list[MasterRow]] = field(default_factory=dict)
    packages: list[Package] = field(default_factory=list)
    feed: list[tuple[str, int]] = field(default_factory=list)
    told: set[tuple[str, int]] = field(default_factory=set)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    counter: int = 0

    def __post_init__(self) -> None:
        self.store = Shard(keeps_left=self.rules.keeps_left)
        self.context = replace(self.context, documents=self.store)

    async def run(self, steps: int) -> None:
        """Let things happen in a random order, then come to rest; raise where it is wrong."""
        for _ in range(steps):
            await self._happen()
        await self._rest()
        self._check_chain()
        assert self._held(len(self.packages)) == self._master_rows(), "at rest it is the master"

    async def _happen(self) -> None:
        doing: Sequence[Callable[[], None]] = (
            self._edit, self._edit, self._tell, self._tell, self._build, self._kill,
        )  # fmt: skip
        if self.chance.random() < 0.25 or not self.store.waiting:
            self.chance.choice(doing)()
        await self.store.step(self.chance)

    def _edit(self) -> None:
        key = self.chance.choice(KEYS)
        rows = self.master.setdefault(key, [])
        books = tuple(book for book in BOOKS if self.chance.random() < 0.5)
        rows.append(MasterRow(len(rows) + 1, books, self.chance.random() < 0.9))
        self.feed.append((key, len(rows)))

    def _tell(self) -> None:
        """Let a feeder follow what the feed tells now, or told before."""
        if self.feed:
            key, version = self.chance.choice(self.feed)
            self._begin(self._follow(key, version))

    async def _follow(self, key: str, told: int) -> None:
        async def find() -> list[Entry]:
            newest = len(self.master[key])
            # A replica may lag behind, but not behind what was told.
            return [self._entry(key, self.chance.randint(told, newest))]

        await append(SHARD, find, self.context)
        self.told.add((key, told))

    def _entry(self, key: str, version: int) -> Entry:
        row = self.master[key][version - 1]
        self.counter += 1
        shown = version if self.rules.guards_versions else self.counter
        entry = put(TABLE, key, {"at": version}, version=shown, reach=row.books, now=NOW)
        return entry if row.is_there else gone(entry, version=shown, now=NOW)

    def _build(self) -> None:
        self._begin(self._package())

    async def _package(self) -> None:
        chain = list(self.packages)
        start = chain[-1].to if chain else 0
        reading = self.rules.reading(SHARD, start)
        rows: dict[str, int | None] = {}
        async for page in reading.pages(SCOPE, self.context, page_size=PAGE_SIZE):
            for entry in page:
                there = entry.is_in(("A",)) and entry.row
                rows[entry.key] = entry.row["at"] if there and entry.row else None
        await self.store.turn()
        if self.rules.guards_chains and len(self.packages) != len(chain):
            raise Stale("Another builder was first.")
        if reading.number > start:
            self.packages.append(Package(start, reading.number, rows))

    def _kill(self) -> None:
        running = [task for task in self.tasks if not task.done()]
        if running:
            self.chance.choice(running).cancel()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        self.tasks.append(asyncio.ensure_future(work))

    async def _rest(self) -> None:
        """Let who is under way end, then the feed tell everything, and a package be built."""
        await self._end()
        for key, version in self.feed:
            if (key, version) not in self.told:
                self._begin(self._follow(key, version))
        await self._end()
        self._build()
        await self._end()

    async def _end(self) -> None:
        while any(not task.done() for task in self.tasks):
            await self.store.step(self.chance)
        for task in self.tasks:
            if not task.cancelled() and (failure := task.exception()):
                assert isinstance(failure, Stale), failure
        self.tasks.clear()

    def _check_chain(self) -> None:
        """After each package a channel holds what the index said at the number where it ends."""
        for count, package in enumerate(self.packages, start=1):
            before = self.packages[count - 2].to if count > 1 else 0
            assert package.start == before, "no gap, and nothing twice"
            assert self._held(count) == self.store.rows_at(package.to, ("A",)), "exact at its end"

    def _held(self, count: int) -> Rows:
        held: Rows = {}
        for package in self.packages[:count]:
            for key, version in package.rows.items():
                held.pop(key, None)
                if version is not None:
                    held[key] = version
        return held

    def _master_rows(self) -> Rows:
        newest = {key: rows[-1] for key, rows in self.master.items() if rows}
        return {
            key: row.version for key, row in newest.items() if row.is_there and "A" in row.books
        }
