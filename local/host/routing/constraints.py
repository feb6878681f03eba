"""Constraints of route parameters, as ASP.NET reads values: by its own types, in no culture."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from decimal import Decimal, InvalidOperation

Check = Callable[[str], bool]

INT32 = 2**31
INT64 = 2**63
DECIMAL = Decimal(2**96)
BLANKS = " \t\n\v\f\r"
_INTEGER = re.compile(r"[+-]?[0-9]+", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_HEX = "[0-9a-f]"
_DASHED = f"{_HEX}{{8}}(?:-{_HEX}{{4}}){{3}}-{_HEX}{{12}}"
_GUID = re.compile(rf"{_HEX}{{32}}|{_DASHED}|\{{{_DASHED}\}}|\({_DASHED}\)", re.IGNORECASE)
_DATES = ("%m/%d/%Y", "%m/%d/%Y %H:%M", "%m/%d/%Y %H:%M:%S")


def constraint(name: str, arguments: str) -> Check:
    """Return the check that a route asks for. Raises ValueError for one that the host has not."""
    kind = name.lower()
    if kind == "regex":
        return _matches(arguments)
    if kind in _PLAIN and not arguments:
        return _PLAIN[kind]
    numbers = [int(text) for text in arguments.split(",") if _INTEGER.fullmatch(text.strip())]
    if kind in _SIZED and len(numbers) in _SIZED[kind] and len(numbers) == arguments.count(",") + 1:
        return _sized(kind, numbers)
    raise ValueError(f"unknown route constraint {name}({arguments})")


def _matches(text: str) -> Check:
    pattern = re.compile(text, re.IGNORECASE)
    return lambda value: pattern.search(value) is not None


def _integer(value: str, limit: int) -> int | None:
    text = value.strip(BLANKS)
    number = int(text) if _INTEGER.fullmatch(text) and len(text) < _LONGEST else None
    return number if number is not None and -limit <= number < limit else None


_LONGEST = 400  # digits that anybody would convert


def _is_number(value: str) -> bool:
    return _NUMBER.fullmatch(value.strip(BLANKS)) is not None


def _is_decimal(value: str) -> bool:
    with suppress(InvalidOperation):
        text = value.strip(BLANKS)
        return "e" not in text.lower() and _is_number(text) and abs(Decimal(text)) < DECIMAL
    return False


def _is_date(value: str) -> bool:
    for read in (datetime.fromisoformat, *(_reader(form) for form in _DATES)):
        with suppress(ValueError):
            read(value.strip(BLANKS))
            return True
    return False


def _reader(form: str) -> Callable[[str], datetime]:
    return lambda text: datetime.strptime(text, form)  # noqa: DTZ007  # only whether it is one


_PLAIN: dict[str, Check] = {
    "int": lambda value: _integer(value, INT32) is not None,
    "long": lambda value: _integer(value, INT64) is not None,
    "guid": lambda value: _GUID.fullmatch(value.strip(BLANKS)) is not None,
    "bool": lambda value: value.strip(BLANKS).lower() in {"true", "false"},
    "alpha": lambda value: re.fullmatch("[A-Za-z]*", value) is not None,
    "float": _is_number,
    "double": _is_number,
    "decimal": _is_decimal,
    "datetime": _is_date,
    "required": bool,
}
# How many numbers each takes.
_SIZED: dict[str, tuple[int, ...]] = {
    "length": (1, 2),
    "minlength": (1,),
    "maxlength": (1,),
    "min": (1,),
    "max": (1,),
    "range": (2,),
}


def _sized(kind: str, numbers: list[int]) -> Check:
    least, most = numbers[0], numbers[-1]
    if kind in {"min", "max", "range"}:
        low = least if kind != "max" else -INT64
        high = most if kind != "min" else INT64 - 1
        return lambda value: (
            low <= (_integer(value, INT64) or 0) <= high and (_integer(value, INT64) is not None)
        )
    low = least if kind != "maxlength" else 0
    high = most if kind != "minlength" else INT32
    return lambda value: low <= len(value) <= high
