"""Pages of cards: of one book, or of all books of a store merged, filtered and sorted.

Each book is one query in its own partition. Sort keys are unlike each other, so the next page
begins behind the last key, whatever came and went in between. Sorted by an attribute, the cards
without a value of it come last, by name.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from shared.clienteling.card_conditions import condition_of
from shared.clienteling.card_projection import BOOKS
from shared.clienteling.domain.card_filters import NAME, CardFilter, CardSort
from shared.clienteling.domain.cards import CARD, encoded
from shared.context import Context
from shared.ports.documents import Condition, Equal, Exists, Missing, Order, Range

LAST = "\U0010ffff"
Card = dict[str, Any]
Position = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of the books of these associates. `today` is that of the store."""

    associates: tuple[str, ...]
    filters: tuple[CardFilter, ...]
    sort: CardSort
    today: date

    async def shows(self, associate: str, card: Card, context: Context) -> bool:
        """Tell whether the customer is shown by this associate.

        Of those asked of who have her, it is the first whose card meets the filters.
        """
        for one in card["holders"]:
            if one == associate:
                return True
            if one in self.associates and await self._meets(one, card, context):
                return False
        return True

    async def _meets(self, associate: str, card: Card, context: Context) -> bool:
        if not self.filters:
            return True
        conditions = [Equal("id", card["id"]), *self.conditions()]
        page = await context.documents.query(
            BOOKS, context.partition(associate), *conditions, order=Order(), limit=1
        )
        return bool(page.documents)

    def conditions(self) -> list[Condition]:
        return [Equal("type", CARD), *(condition_of(one, self.today) for one in self.filters)]


async def page_of_cards(
    asked: Asked, *, limit: int, position: Position | None, context: Context
) -> tuple[list[tuple[str, Card]], Position | None]:
    """Return the next cards with the associates they are of, and where the page after begins."""
    found: list[tuple[str, Card]] = []
    phase, after = (position["phase"], position["after"]) if position else (0, None)
    phases = _phases(asked.sort)
    while phase < len(phases):
        path, descending, condition = phases[phase]
        walk = _Walk(asked, path, descending, [condition] if condition else [])
        cards, after = await walk.next(limit + 1 - len(found), after, context)
        found += cards
        if len(found) > limit:
            last = found[limit - 1][1]
            return found[:limit], _position(phases, last, phase, len(found) - len(cards), limit)
        phase, after = phase + 1, None
    return found, None


def _position(phases: Any, last: Card, phase: int, before: int, limit: int) -> Position:
    """Return where the page after begins; its last card may be of the phase before this one."""
    if limit <= before:
        return {"phase": phase, "after": None}
    return {"phase": phase, "after": _at(last, phases[phase][0])}


def _phases(sort: CardSort) -> list[tuple[str, bool, Condition | None]]:
    if not sort.attribute:
        return [(f"sort.{sort.name}", sort.descending, None)]
    path = f"sort.{encoded(sort.name)}"
    return [(path, sort.descending, Exists(path)), (f"sort.{NAME}", False, Missing(path))]


@dataclass(frozen=True, slots=True)
class _Walk:
    """A walk along one sort key through several books at once."""

    asked: Asked
    path: str
    descending: bool
    more: list[Condition]

    async def next(
        self, count: int, after: str | None, context: Context
    ) -> tuple[list[tuple[str, Card]], str | None]:
        """Return so many cards behind the key, each customer once, and the last key."""
        found: list[tuple[str, Card]] = []
        while len(found) < count:
            lists = await asyncio.gather(
                *(self._cards(one, count, after, context) for one in self.asked.associates)
            )
            merged = self._merged(lists, count)
            if not merged:
                return found, None
            after = _at(merged[-1][1], self.path)
            found += [pair for pair in merged if await self.asked.shows(*pair, context)]
            if len(merged) < count:
                break
        return found, after

    def _merged(self, lists: Sequence[list[Card]], count: int) -> list[tuple[str, Card]]:
        """Return so many cards of all lists in one order, and those that tie with the last one."""
        merged = sorted(
            ((one, card) for one, cards in zip(self.asked.associates, lists, strict=True)
             for card in cards),
            key=lambda pair: _at(pair[1], self.path),
            reverse=self.descending,
        )  # fmt: skip
        while count < len(merged) and self._tie(merged[count - 1], merged[count]):
            count += 1
        return merged[:count]

    def _tie(self, one: tuple[str, Card], other: tuple[str, Card]) -> bool:
        return _at(one[1], self.path) == _at(other[1], self.path)

    async def _cards(
        self, associate: str, count: int, after: str | None, context: Context
    ) -> list[Card]:
        conditions = [*self.asked.conditions(), *self.more, *self._behind(after)]
        cards: list[Card] = []
        continuation: str | None = None
        while len(cards) < count:
            page = await context.documents.query(
                BOOKS,
                context.partition(associate),
                *conditions,
                order=Order(self._order, self.descending),
                limit=count,
                continuation=continuation,
            )
            cards += [one.body for one in page.documents]
            continuation = page.continuation
            if continuation is None:
                break
        return cards[:count]

    @property
    def _order(self) -> tuple[str, ...]:
        """Return the paths; with the type where the two have an index together."""
        return (self.path,) if self.path.startswith("sort.f") else ("type", self.path)

    def _behind(self, after: str | None) -> list[Condition]:
        if after is None:
            return []
        if self.descending:
            return [Range(self.path, end=after)]
        return [Range(self.path, start=after + "\x00")]


def _at(card: Card, path: str) -> str:
    key: str = card["sort"][path.removeprefix("sort.")]
    return key
