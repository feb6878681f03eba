"""Reading the index: what a scope holds above a number, exact at the number where it ends."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final

from shared.context import Context
from shared.core.concurrency import side_by_side
from shared.distribution.domain.entries import Entry
from shared.distribution.domain.scopes import Scope
from shared.distribution.index import documents
from shared.ports.changes import Lagging

PAGE_SIZE: Final = 500
AT_ONCE: Final = 8


async def heads_of(shards: Sequence[str], context: Context) -> dict[str, int]:
    """Return the number of the last change of each shard. One point read each."""

    async def head(shard: str) -> int:
        return (await documents.read_head(shard, context)).value

    heads = await side_by_side(shards, head, at_once=AT_ONCE)
    return dict(zip(shards, heads, strict=True))


@dataclass
class Reading:
    """Where reading a shard has come to; at its end, `number` is where a package ends.

    `least` is a number that somebody has seen the shard at: what is older must not be read, or rows
    that were changed between the two would be in neither.
    """

    shard: str
    number: int
    least: int = 0

    async def pages(
        self, scope: Scope, context: Context, *, page_size: int = PAGE_SIZE
    ) -> AsyncIterator[Sequence[Entry]]:
        """Yield the entries by their numbers until a page is empty.

        An entry that is changed meanwhile comes again, under its new number. The end is the head
        as it was read before that last, empty page: whatever was appended before the head was
        read has been seen, and what comes later is above it. Raises Lagging.
        """
        while True:
            head = await documents.read_head(self.shard, context)
            if head.value < self.least:
                raise Lagging(f"The store does not show {self.shard} as it was seen before.")
            page: Sequence[Entry] = ()
            if scope.sent and scope.reach:
                page = await documents.query_above(
                    self.shard, self.number, scope, limit=page_size, context=context
                )
            if not page:
                self.number = max(self.number, head.value)
                return
            self.number = page[-1].seq
            yield page
