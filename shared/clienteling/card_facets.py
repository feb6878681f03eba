"""How many cards have which values."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from shared.clienteling.card_pages import Asked, Card
from shared.clienteling.card_projection import BOOKS
from shared.clienteling.domain.cards import encoded
from shared.context import Context
from shared.ports.documents import Order

SCANNED = 500  # cards a query
MOST_VALUES = 100  # of one facet


async def count_facets(
    asked: Asked, names: Sequence[str], *, context: Context
) -> Mapping[str, list[dict[str, Any]]]:
    """Return how many of all cards that are asked for have which values, most frequent first.

    Every card that meets the filters is looked at, 500 a query.
    """
    counters: dict[str, Counter[Any]] = {name: Counter() for name in names}

    async def walk(associate: str) -> None:
        async for card in every_card(asked, associate, context):
            if await asked.shows(associate, card, context):
                _count(card, counters)

    await asyncio.gather(*(walk(one) for one in asked.associates))
    return {
        name: [{"value": value, "count": count} for value, count in _sorted(counter)]
        for name, counter in counters.items()
    }


async def every_card(asked: Asked, associate: str, context: Context) -> AsyncIterator[Card]:
    """Yield all cards of one book that meet the filters."""
    continuation: str | None = None
    while True:
        page = await context.documents.query(
            BOOKS,
            context.partition(associate),
            *asked.conditions(),
            order=Order(),
            limit=SCANNED,
            continuation=continuation,
        )
        for one in page.documents:
            yield one.body
        continuation = page.continuation
        if continuation is None:
            return


def _count(card: Card, counters: Mapping[str, Counter[Any]]) -> None:
    for name, counter in counters.items():
        value = card["values"].get(encoded(name))
        for one in value if isinstance(value, list) else [value]:
            if one is not None:
                counter[one] += 1


def _sorted(counter: Counter[Any]) -> list[tuple[Any, int]]:
    return sorted(counter.items(), key=lambda pair: (-pair[1], str(pair[0])))[:MOST_VALUES]
