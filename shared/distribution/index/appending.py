"""Appending to the index: what differs gets the next numbers, in the order it is given."""

import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Final

from shared.context import Context
from shared.core.concurrency import side_by_side
from shared.core.retry import until_not_stale
from shared.distribution.domain.entries import Entry, newest
from shared.distribution.index import documents

AT_ONCE: Final = 16
MAX_ENTRIES: Final = 90  # of a commit
MAX_BYTES: Final = 1_000_000
Find = Callable[[], Awaitable[Sequence[Entry]]]


async def append(shard: str, find: Find, context: Context) -> list[Entry]:
    """Append what `find` finds and the index does not say yet; return those entries.

    `find` is asked once the head was read, and again after another writer came first: so what it
    finds is never older than what the index says already. Raises Unavailable.
    """

    async def attempt() -> list[Entry]:
        head = await documents.read_head(shard, context)
        found = await find()
        changed = await _changed(shard, found, context)
        for entries in _commits(changed):
            head = await documents.append(shard, head, entries, context)
        return changed

    return await until_not_stale(attempt, turn=context.turn("index", shard))


async def _changed(shard: str, found: Sequence[Entry], context: Context) -> list[Entry]:
    async def compare(entry: Entry) -> Entry | None:
        stored = await documents.read_entry(shard, entry.table, entry.key, context)
        return newest(stored, entry, context.now)

    compared = await side_by_side(found, compare, at_once=AT_ONCE)
    return [entry for entry in compared if entry]


def _commits(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """Divide the entries by what one commit can hold."""
    some: list[Entry] = []
    size = 0
    for entry in entries:
        length = len(json.dumps(entry.row)) + 1_000
        if some and (len(some) == MAX_ENTRIES or size + length > MAX_BYTES):
            yield some
            some, size = [], 0
        some.append(entry)
        size += length
    if some:
        yield some
