"""Reading the index: what a scope holds above a number, exact at the number where it ends."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from typing import Final

from shared.context import Context
from shared.distribution.domain.entries import Entry
from shared.distribution.index import documents

PAGE_SIZE: Final = 500


@dataclass
class Reading:
    """Where reading a shard has come to; at its end, `number` is where a package ends."""

    shard: str
    number: int

    async def pages(
        self, scope: Collection[str], context: Context, *, page_size: int = PAGE_SIZE
    ) -> AsyncIterator[Sequence[Entry]]:
        """Yield the entries by their numbers until a page is empty.

        An entry that is changed meanwhile comes again, under its new number. The end is the head
        as it was read before that last, empty page: whatever was appended before the head was
        read has been seen, and what comes later is above it.
        """
        while True:
            head = await documents.read_head(self.shard, context)
            page = scope and await documents.query_above(
                self.shard, self.number, scope, limit=page_size, context=context
            )
            if not page:
                self.number = max(self.number, head.value)
                return
            self.number = page[-1].seq
            yield page
