"""Values as a person reads them, in their own language: dates, numbers, money, list values."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from babel import Locale

MAX_LANGUAGES = 10
FALLBACK = "en-US"


@lru_cache(maxsize=1024)
def languages(accepted: str | None, otherwise: str) -> tuple[str, ...]:
    """Return the languages of Accept-Language (RFC 9110), best first, then the company's own."""
    weighed = []
    for index, part in enumerate((accepted or "").split(",")[:MAX_LANGUAGES]):
        tag, _, weight = part.strip().partition(";q=")
        weighed.append((-_weight(weight), index, tag.strip()))
    tags = [tag for weight, _, tag in sorted(weighed) if weight and tag and locale_of(tag)]
    return (*tags, otherwise)


def _weight(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0


@lru_cache(maxsize=256)
def locale_of(tag: str) -> "Locale | None":
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415  # heavy, and not always needed

    try:
        return Locale.parse(tag, sep="-")
    except (ValueError, TypeError, UnknownLocaleError):
        return None


def formatted(value: Any, data_type: str, tags: Sequence[str], currency: str) -> str:
    """Return the value in the first of the languages that is supported."""
    locale = next((supported for tag in tags if (supported := locale_of(tag))), None)
    locale = locale or locale_of(FALLBACK)
    items = value if isinstance(value, list) else [value]
    return ", ".join(_item(item, data_type, locale, currency) for item in items)


@lru_cache(maxsize=8192)  # a page repeats the same values
def _item(value: Any, data_type: str, locale: "Locale | None", currency: str) -> str:
    try:
        return _written(value, data_type, locale, currency)
    except (ValueError, TypeError, ArithmeticError):
        return str(value)  # the attribute type has changed since


def _written(value: Any, data_type: str, locale: "Locale | None", currency: str) -> str:
    from babel.dates import format_date  # noqa: PLC0415  # heavy, and not always needed
    from babel.numbers import format_currency, format_decimal  # noqa: PLC0415

    if data_type == "Date":
        return format_date(date.fromisoformat(value), format="medium", locale=locale)
    if data_type == "Currency":
        return format_currency(value, currency, locale=locale)
    if data_type in {"Integer", "Decimal"}:
        return format_decimal(value, locale=locale)
    return str(value)


def translated(translations: Mapping[str, Any], tags: Sequence[str]) -> Any:
    """Return the translation into the first of the languages, with or without its region.

    None if there is no such translation: the caller then uses its own wording.
    """
    for tag in tags:
        for name in (tag, tag.partition("-")[0]):
            if name in translations:
                return translations[name]
    return None
