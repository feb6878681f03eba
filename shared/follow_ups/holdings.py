"""What follow-ups store about a customer: those of every book, done and moved ones, too."""

from collections.abc import AsyncIterator
from typing import Final

from shared.context import Context
from shared.customers.holdings.holding import Found, Holding
from shared.customers.holdings.noted import Noted
from shared.follow_ups.documents import CONTAINER, FOLLOW_UP
from shared.ports.documents import Equal


async def _find(noted: Noted, context: Context) -> AsyncIterator[Found]:
    for book in noted.books:
        partition = context.partition(book)
        of_client = (Equal("type", FOLLOW_UP), Equal("values.client", noted.customer_id))
        async for document in context.documents.all(CONTAINER, partition, *of_client):
            yield Found(CONTAINER, partition, document)


HOLDINGS: Final = (Holding(CONTAINER, frozenset({FOLLOW_UP}), "books", _find, section="followUps"),)
