"""Filters and sorts of cards in terms of the store: conditions, orders and the paths of indexes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from shared.clienteling.domain.card_filters import NAME, CardFilter, CardSort
from shared.clienteling.domain.cards import encoded
from shared.clienteling.domain.near_dates import days_within
from shared.core.language.words import fold
from shared.core.values import as_text
from shared.ports.documents import (
    Condition,
    Contains,
    Equal,
    Exists,
    In,
    Missing,
    Order,
    Prefix,
    Range,
)

CARD: Final = "card"
LAST: Final = "\U0010ffff"  # sorts behind every other letter
ACTIVE: Final = "0"  # the sort key of a client without any activity sorts before it
IS_CARD: Final = Equal("type", CARD)


def card_conditions(filters: Sequence[CardFilter], today: date) -> list[Condition]:
    """Return what the cards must meet that all of the filters let through."""
    return [IS_CARD, *(condition_of(card_filter, today) for card_filter in filters)]


def same_card(card_id: str) -> Condition:
    """Return the condition that the card of the same customer meets in any book."""
    return Equal("id", card_id)


def near_day(attribute: str, days: Sequence[str]) -> list[Condition]:
    """Return what cards meet whose date has its anniversary on one of these days, as MM-DD."""
    return [IS_CARD, In(f"days.{encoded(attribute)}", tuple(days))]


def last_active_before(moment: str) -> list[Condition]:
    """Return what cards of clients meet who had an activity, but none since the moment."""
    return [IS_CARD, Range("sort.lastActivityAt", start=ACTIVE, end=moment)]


def never_active_and_added_before(moment: str) -> list[Condition]:
    """Return what cards of clients meet who have had no activity since they were added."""
    never = Range("sort.lastActivityAt", end=ACTIVE)
    return [IS_CARD, never, Range("sort.addedAt", end=moment)]


@dataclass(frozen=True, slots=True)
class SortKey:
    """One key that cards are sorted by, of those cards that meet the condition."""

    name: str
    order: Order
    condition: Condition | None = None

    @property
    def descending(self) -> bool:
        return self.order.descending

    def conditions(self, after: str | None) -> list[Condition]:
        """Return what the cards meet that come behind that key, or all of them."""
        conditions = [self.condition] if self.condition else []
        if after is None:
            return conditions
        path = f"sort.{self.name}"
        behind = Range(path, end=after) if self.descending else Range(path, start=after + "\x00")
        return [*conditions, behind]


def sort_keys(sort: CardSort) -> Sequence[SortKey]:
    """Return the keys that cards are sorted by, one after the other.

    By an attribute, the cards without a value of it come last, by name.
    """
    if not sort.attribute:
        return [_own_key(sort.name, descending=sort.descending)]
    name = encoded(sort.name)
    path = f"sort.{name}"
    # No attribute has an index together with the type: which there are is not known in advance.
    with_value = SortKey(name, Order((path,), sort.descending), Exists(path))
    return [with_value, _own_key(NAME, descending=False, condition=Missing(path))]


def _own_key(name: str, *, descending: bool, condition: Condition | None = None) -> SortKey:
    """Return a key of every card, which has an index together with the type."""
    return SortKey(name, Order(("type", f"sort.{name}"), descending), condition)


def condition_of(card_filter: CardFilter, today: date) -> Condition:
    if not card_filter.attribute:
        return _own_condition(card_filter)
    if card_filter.op == "within":
        days = days_within(today, card_filter.values[0])
        return In(f"days.{encoded(card_filter.name)}", days)
    return _attribute_condition(card_filter, f"values.{encoded(card_filter.name)}")


def _attribute_condition(card_filter: CardFilter, path: str) -> Condition:
    if card_filter.op == "exists":
        return Exists(path)
    if card_filter.op in {"ge", "le"}:
        [value] = card_filter.values
        from_value = card_filter.op == "ge"
        return Range(path, start=value) if from_value else Range(path, end=_just_above(value))
    values = card_filter.values
    return Contains(path, values) if card_filter.multiple else In(path, values)


def _just_above(value: Any) -> Any:
    """Return the end of a range that still holds the value: ends themselves are outside."""
    if isinstance(value, str):
        return value + "\x00"
    return value + 1 if isinstance(value, int) else math.nextafter(value, math.inf)


def _own_condition(card_filter: CardFilter) -> Condition:
    path = f"sort.{card_filter.name}"
    if card_filter.op == "prefix":
        return Prefix(path, fold(card_filter.values[0]))
    if card_filter.op == "exists":
        return Range(path, start="0")  # without a moment the key begins with the mark of the end
    text = as_text(card_filter.values[0])
    from_moment = card_filter.op == "ge"
    return Range(path, start=text) if from_moment else Range(path, end=text + LAST)
