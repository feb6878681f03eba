"""Filters, sorts and facets over cards, as callers write them: `orders:ge:5`, `sort=-addedAt`."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Literal

from shared.clienteling.domain.near_dates import MAX_DAYS
from shared.configuration.domain.attributes import CHECKS, Definition, Definitions
from shared.core.errors import Invalid

Op = Literal["eq", "in", "ge", "le", "within", "exists", "prefix"]
WRITTEN = re.compile(r"(?P<name>.+?):(?P<op>eq|in|ge|le|within|exists|prefix)(?::(?P<value>.*))?")
NAME = "name"
DAY = len("2026-11-24")
MOMENTS = ("addedAt", "lastActivityAt")
SORTS = (NAME, *MOMENTS)
NUMBERS = frozenset({"Integer", "Decimal", "Currency"})
RANGED = NUMBERS | {"Date"}
MAX_FILTERS = 20
MAX_CHOICES = 100
MAX_FACETS = 10


class AttributeNotRefinable(Invalid):
    """Cards can be filtered and sorted by refinable attributes only."""

    code = "attribute-not-refinable"


@dataclass(frozen=True, slots=True)
class CardFilter:
    """One condition. `multiple` says that the attribute has several values."""

    name: str
    op: Op
    values: tuple[Any, ...] = ()
    attribute: bool = True
    multiple: bool = False


@dataclass(frozen=True, slots=True)
class CardSort:
    """An order. `attribute` says that it is by an attribute, which a card may have no value of."""

    name: str = NAME
    descending: bool = False
    attribute: bool = False


def parse_filters(
    texts: Sequence[str], definitions: Definitions, zone: tzinfo
) -> tuple[CardFilter, ...]:
    """Return the conditions, all of which must hold; days are those of the zone.

    Raises Invalid, AttributeNotRefinable.
    """
    if len(texts) > MAX_FILTERS:
        raise Invalid.at("/filter", "too-many", f"There are at most {MAX_FILTERS} filters.")
    return tuple(_filter(text, definitions, zone) for text in texts)


def parse_sort(text: str | None, definitions: Definitions) -> CardSort:
    """Return the order, descending with a minus before the name. Raises AttributeNotRefinable."""
    name = (text or NAME).removeprefix("-")
    descending = (text or "").startswith("-")
    if name in SORTS:
        return CardSort(name, descending)
    refinable(name, definitions, "/sort")
    return CardSort(name, descending, attribute=True)


def parse_facets(text: str | None, definitions: Definitions) -> tuple[str, ...]:
    """Return the names, which are separated by commas. Raises AttributeNotRefinable."""
    names = tuple(dict.fromkeys(name for name in (text or "").split(",") if name))
    if len(names) > MAX_FACETS:
        raise Invalid.at("/facets", "too-many", f"There are at most {MAX_FACETS} facets.")
    for name in names:
        refinable(name, definitions, "/facets")
    return names


def refinable(name: str, definitions: Definitions, pointer: str) -> Definition:
    definition = definitions.get(name)
    if definition is None or not definition.attribute.refinable:
        raise AttributeNotRefinable.at(
            pointer, AttributeNotRefinable.code, f"There is no refinable attribute {name}."
        )
    return definition


def _filter(text: str, definitions: Definitions, zone: tzinfo) -> CardFilter:
    match = WRITTEN.fullmatch(text)
    if match is None:
        raise _wrong("malformed-filter", f"{text!r} is not name:operator:value.")
    name, op, value = match["name"], match["op"], match["value"]
    if (value is None) != (op == "exists"):
        raise _wrong("malformed-filter", f"{op} takes {'no' if op == 'exists' else 'a'} value.")
    if name == NAME and op == "prefix":
        return CardFilter(name, "prefix", (value,), attribute=False)
    if name in MOMENTS and op in {"ge", "le", "exists"}:
        return CardFilter(name, op, _moments(value, op, zone), attribute=False)  # type: ignore[arg-type]
    return _of_attribute(name, op, value, refinable(name, definitions, "/filter"))


def _of_attribute(name: str, op: str, value: str | None, definition: Definition) -> CardFilter:
    possible = _operators(definition)
    if op not in possible:
        raise _wrong("operator-not-possible", f"{name} takes {', '.join(sorted(possible))}.")
    if value is None:
        values: tuple[Any, ...] = ()
    elif op == "within":
        values = (_days(value),)
    else:
        values = _choices(value.split("|") if op == "in" else [value], definition)
    return CardFilter(name, op, values, multiple=definition.type.multi_value)  # type: ignore[arg-type]


def _operators(definition: Definition) -> set[str]:
    possible = {"eq", "in", "exists"}
    if definition.type.data_type in RANGED and not definition.type.multi_value:
        possible |= {"ge", "le"}
    if definition.type.data_type == "Date" and not definition.type.multi_value:
        possible |= {"within"}
    return possible


def _choices(texts: Sequence[str], definition: Definition) -> tuple[Any, ...]:
    if len(texts) > MAX_CHOICES:
        raise _wrong("too-many", f"There are at most {MAX_CHOICES} choices.")
    return tuple(_value(text, definition) for text in texts)


def _value(text: str, definition: Definition) -> Any:
    kind = definition.type.data_type
    value: Any = text
    try:
        if kind == "Boolean":
            value = {"true": True, "false": False}[text]
        elif kind == "Integer":
            value = int(text)
        elif kind in NUMBERS:
            value = float(text)
    except (KeyError, ValueError):
        value = None
    if not CHECKS[kind](value):
        raise _wrong("wrong-type", f"{text!r} is not of the type {kind}.")
    return value


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= MAX_DAYS):
        raise _wrong("wrong-type", f"{text!r} is not a number of days from 0 to {MAX_DAYS}.")
    return int(text)


def _moments(text: str | None, op: str, zone: tzinfo) -> tuple[Any, ...]:
    """Return the moment in UTC; of a day, its beginning, or its end where all of it is meant."""
    if text is None:
        return ()
    try:
        moment = datetime.fromisoformat(text)
        if len(text) == DAY and op == "le":
            moment += timedelta(days=1, microseconds=-1)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        return (moment.astimezone(UTC),)
    except (ValueError, OverflowError):
        raise _wrong("wrong-type", f"{text!r} is neither a date nor a time.") from None


def _wrong(code: str, detail: str) -> Invalid:
    return Invalid.at("/filter", code, detail)


def both(customer: Definitions, book: Definitions) -> Mapping[str, Definition]:
    """Return what cards may be filtered by: attributes of the pair, and those of the customer."""
    return {**customer, **book}
