"""Values as a person reads them, in her language: dates, numbers, money, and words of lists."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from babel import Locale

MOST_LANGUAGES = 10
FALLBACK = "en-US"


@lru_cache(maxsize=1024)
def languages(accepted: str | None, otherwise: str) -> tuple[str, ...]:
    """Return the languages of Accept-Language (RFC 9110), best first, then the company's own."""
    weighed = []
    for index, part in enumerate((accepted or "").split(",")[:MOST_LANGUAGES]):
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
    """Return the value in the first of the languages that there is."""
    locale = next((found for tag in tags if (found := locale_of(tag))), None)
    locale = locale or locale_of(FALLBACK)
    ones = value if isinstance(value, list) else [value]
    return ", ".join(_one(one, data_type, locale, currency) for one in ones)


@lru_cache(maxsize=8192)  # a page says the same things again and again
def _one(value: Any, data_type: str, locale: "Locale | None", currency: str) -> str:
    try:
        return _written(value, data_type, locale, currency)
    except (ValueError, TypeError, ArithmeticError):
        return str(value)  # its type was changed since


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
    """Return what there is in the first of the languages, exactly or without its region.

    None where the first language that counts is not among them; the caller has a word of its own.
    """
    for tag in tags:
        for name in (tag, tag.partition("-")[0]):
            if name in translations:
                return translations[name]
    return None
