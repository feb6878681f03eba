"""Follow-ups that are done for longer than a policy allows, book by book."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final

from shared.context import Context
from shared.customers.holdings.ageing import Ageing
from shared.customers.holdings.holding import Found
from shared.follow_ups.documents import CONTAINER, FOLLOW_UP
from shared.ports.documents import Equal, In

OVER: Final = ("Done", "Canceled")


async def _find(book: str, before: datetime, context: Context) -> AsyncIterator[Found]:
    partition = context.partition(book)
    conditions = (Equal("type", FOLLOW_UP), In("status", OVER))
    async for document in context.documents.all(CONTAINER, partition, *conditions):
        done = document.body["completedAt"] or document.body["modifiedAt"]
        if datetime.fromisoformat(done) < before:
            yield Found(CONTAINER, partition, document)


AGEING: Final = (Ageing("done-follow-ups", _find, of="book"),)
