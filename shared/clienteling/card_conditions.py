"""Filters of cards as conditions of the store."""

import math
from datetime import date
from typing import Any

from shared.clienteling.domain.card_filters import CardFilter
from shared.clienteling.domain.cards import encoded
from shared.clienteling.domain.near_dates import days_within
from shared.core.values import as_text
from shared.core.words import fold
from shared.ports.documents import Condition, Contains, Exists, In, Prefix, Range

LAST = "\U0010ffff"


def condition_of(one: CardFilter, today: date) -> Condition:
    if not one.attribute:
        return _own_condition(one)
    if one.op == "within":
        return In(f"days.{encoded(one.name)}", days_within(today, one.values[0]))
    return _condition(one, f"values.{encoded(one.name)}")


def _condition(one: CardFilter, path: str) -> Condition:
    if one.op == "exists":
        return Exists(path)
    if one.op in {"ge", "le"}:
        [value] = one.values
        return Range(path, start=value) if one.op == "ge" else Range(path, end=_just_above(value))
    return Contains(path, one.values) if one.multiple else In(path, one.values)


def _just_above(value: Any) -> Any:
    """Return the end of a range that still holds the value: ends themselves are outside."""
    if isinstance(value, str):
        return value + "\x00"
    return value + 1 if isinstance(value, int) else math.nextafter(value, math.inf)


def _own_condition(one: CardFilter) -> Condition:
    path = f"sort.{one.name}"
    if one.op == "prefix":
        return Prefix(path, fold(one.values[0]))
    if one.op == "exists":
        return Range(path, start="0")  # one that has none begins with the mark of the end
    text = as_text(one.values[0])
    return Range(path, start=text) if one.op == "ge" else Range(path, end=text + LAST)
