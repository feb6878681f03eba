"""Pages of cards: of one book, or of all books of a store merged, filtered, sorted and counted.

Each book is one query in its own partition. No two sort keys are alike, so the next page begins
behind the last key, whatever came and went in between.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple, TypedDict

from shared.clienteling.cards.conditions import SortKey, card_conditions, same_card, sort_keys
from shared.clienteling.cards.documents import (
    CardDocument,
    all_cards,
    first_cards,
    has_card,
    key_of,
    value_of,
)
from shared.clienteling.domain.card_filters import CardFilter, CardSort
from shared.context import Context
from shared.ports.documents import Condition

MAX_FACET_VALUES = 100


class CardPosition(TypedDict):
    """Where a page begins: in which of the sort keys, and behind which key."""

    phase: int
    after: str | None


class FoundCard(NamedTuple):
    """A card and the associate in whose book it is."""

    associate: str
    card: CardDocument


class CardPage(NamedTuple):
    """`position` is where the next page begins, None on the last one."""

    cards: Sequence[FoundCard]
    position: CardPosition | None


class FacetValue(TypedDict):
    """A value, and how many cards have it."""

    value: Any
    count: int


Facets = Mapping[str, list[FacetValue]]


@dataclass(frozen=True, slots=True)
class CardQuery:
    """Which cards of the books of these associates, in which order. `today` is the store's."""

    associates: tuple[str, ...]
    filters: tuple[CardFilter, ...]
    sort: CardSort
    today: date

    async def shows(self, found: FoundCard, context: Context) -> bool:
        """Return whether this associate is the one to show the customer.

        Of the associates of the query who have the customer, it is the first whose card meets the
        filters.
        """
        for holder in found.card["holders"]:
            if holder == found.associate:
                return True
            if holder in self.associates and await self._meets(holder, found.card, context):
                return False
        return True

    async def _meets(self, associate: str, card: CardDocument, context: Context) -> bool:
        if not self.filters:
            return True
        return await has_card(associate, [same_card(card["id"]), *self.conditions()], context)

    def conditions(self) -> list[Condition]:
        return card_conditions(self.filters, self.today)


async def page_of_cards(
    query: CardQuery, *, limit: int, position: CardPosition | None, context: Context
) -> CardPage:
    """Return the next cards, and where the page after them begins."""
    cards: list[FoundCard] = []
    phase, after = (position["phase"], position["after"]) if position else (0, None)
    keys = sort_keys(query.sort)
    while phase < len(keys):
        key = keys[phase]
        before = len(cards)
        stretch = await _Walk(query, key).next(limit + 1 - before, after, context)
        cards += stretch
        if len(cards) > limit:
            # The last card of the page may be of the phase before this one.
            behind = key_of(cards[limit - 1].card, key) if limit > before else None
            return CardPage(cards[:limit], {"phase": phase, "after": behind})
        phase, after = phase + 1, None
    return CardPage(cards, None)


async def count_facets(query: CardQuery, names: Sequence[str], *, context: Context) -> Facets:
    """Return how many of all cards of the query have which values, most frequent first.

    Every card that meets the filters is read, 500 a query.
    """
    counters: dict[str, Counter[Any]] = {name: Counter() for name in names}

    async def count_book(associate: str) -> None:
        async for card in all_cards(associate, query.conditions(), context):
            if await query.shows(FoundCard(associate, card), context):
                _count(card, counters)

    await asyncio.gather(*(count_book(associate) for associate in query.associates))
    return {name: _most_frequent(counter) for name, counter in counters.items()}


def _count(card: CardDocument, counters: Mapping[str, Counter[Any]]) -> None:
    for name, counter in counters.items():
        value = value_of(card, name)
        for each in value if isinstance(value, list) else [value]:
            if each is not None:
                counter[each] += 1


def _most_frequent(counter: Counter[Any]) -> list[FacetValue]:
    ordered = sorted(counter.items(), key=lambda pair: (-pair[1], str(pair[0])))
    return [{"value": value, "count": count} for value, count in ordered[:MAX_FACET_VALUES]]


@dataclass(frozen=True, slots=True)
class _Walk:
    """A walk along one sort key through several books at once."""

    query: CardQuery
    key: SortKey

    async def next(self, count: int, after: str | None, context: Context) -> list[FoundCard]:
        """Return the next cards behind the key, at least `count` of them while there are so many.

        Each customer comes once, and cards with equal keys come together.
        """
        cards: list[FoundCard] = []
        while len(cards) < count:
            books = await asyncio.gather(
                *(self._cards(number, count, after, context) for number in self.query.associates)
            )
            merged = self._merged([found for book in books for found in book], count)
            if not merged:
                break
            after = key_of(merged[-1].card, self.key)
            cards += [found for found in merged if await self.query.shows(found, context)]
            if len(merged) < count:
                break
        return cards

    async def _cards(
        self, associate: str, count: int, after: str | None, context: Context
    ) -> list[FoundCard]:
        conditions = [*self.query.conditions(), *self.key.conditions(after)]
        cards = await first_cards(
            associate, conditions, self.key.order, count=count, context=context
        )
        return [FoundCard(associate, card) for card in cards]

    def _merged(self, cards: Sequence[FoundCard], count: int) -> list[FoundCard]:
        """Return so many cards of all books in one order, and those that tie with the last one."""
        merged = sorted(
            cards, key=lambda found: key_of(found.card, self.key), reverse=self.key.descending
        )
        while count < len(merged) and self._tie(merged[count - 1], merged[count]):
            count += 1
        return merged[:count]

    def _tie(self, left: FoundCard, right: FoundCard) -> bool:
        return key_of(left.card, self.key) == key_of(right.card, self.key)
