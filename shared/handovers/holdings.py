"""What bulk moves store about a customer: the name, in the plans of books."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from shared.context import Context
from shared.customers.holdings.holding import Body, Found, Holding
from shared.customers.holdings.noted import Noted
from shared.handovers.documents import CHUNK, CONTAINER
from shared.ports.documents import Equal

LISTS: Final = ("content", "moves")  # since version 2, and before


def _without_name(body: Body, noted: Noted) -> Body:
    """Leave the move, without the name."""

    def nameless(move: Mapping[str, Any]) -> dict[str, Any]:
        return dict(move) | ({"name": ""} if move["customerId"] in noted.names else {})

    lists = {name: [nameless(move) for move in body[name]] for name in LISTS if body.get(name)}
    return dict(body) | lists


async def _find(noted: Noted, context: Context) -> AsyncIterator[Found]:
    for book in noted.books:
        partition = context.partition(book)
        chunks = context.documents.all(CONTAINER, partition, Equal("type", CHUNK))
        async for document in chunks:
            moves = [move for name in LISTS for move in document.body.get(name) or ()]
            if any(move["customerId"] in noted.names for move in moves):
                yield Found(CONTAINER, partition, document)


HOLDINGS: Final = (Holding(CONTAINER, frozenset({CHUNK}), "books", _find, _without_name),)
