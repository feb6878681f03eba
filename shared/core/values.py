"""The kinds of value that bodies and records are written in."""

import unicodedata
from datetime import UTC, date, datetime
from functools import cache
from typing import Annotated, Final

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel

LINE = r"^[^\x00-\x1f\x7f]*$"
KEY = r"^[^/\\?#\x00-\x1f\x7f]+$"  # what can be part of a path, and the id of a document

# Invisible characters make two names that look alike differ, and turn the order of what is read.
JOINERS: Final = frozenset("\u200c\u200d")  # between letters they are part of how a word is written
# Letters and symbols by their category that have no shape: the fillers of Hangul, the empty Braille
BLANK: Final = frozenset("\u115f\u1160\u3164\uffa0\u2800")
REFUSED: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})

# No document is older, so none can name money that was withdrawn before.
OLDEST_DOCUMENT = date(2025, 1, 1)

# What Babel lists beside ISO 3166-1: parts of countries, unions of them, and codes for tests.
NO_COUNTRIES = frozenset({"CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "UN", "XA", "XB", "ZZ"})


# Babel is loaded with the first currency or country: a cold start does not wait for it.
@cache
def currencies() -> frozenset[str]:
    """Return what is legal tender somewhere, or was when the oldest document was written."""
    from babel.core import get_global  # noqa: PLC0415

    return frozenset(
        code
        for territory in get_global("territory_currencies").values()
        for code, _, end, is_tender in territory
        if is_tender and (end is None or date(*end) >= OLDEST_DOCUMENT)
    )


@cache
def countries() -> frozenset[str]:
    """Return codes of two letters; numbers in the same list are those of continents."""
    from babel import Locale  # noqa: PLC0415

    codes = (str(code) for code in Locale("en").territories)
    return frozenset(code for code in codes if code.isalpha()) - NO_COUNTRIES


def _known_currency(code: str) -> str:
    if code not in currencies():
        raise ValueError("not an ISO 4217 currency code")
    return code


def _known_country(code: str) -> str:
    if code not in countries():
        raise ValueError("not an ISO 3166-1 alpha-2 country code")
    return code


def plain_line(text: str) -> str:
    """Return the text in NFC without what is invisible at its ends.

    Raises ValueError where invisible characters stand inside, or nothing else is left.
    """
    if text.isascii():
        return text
    plain = unicodedata.normalize("NFC", _stripped(text))
    if all(_is_invisible(character) for character in plain):
        raise ValueError("nothing of it can be seen")
    for index, character in enumerate(plain):
        if unicodedata.category(character) in REFUSED and not _joins(plain, index):
            raise ValueError(f"U+{ord(character):04X} cannot be part of a line of text")
    return plain


def _stripped(text: str) -> str:
    """Cut marks of byte order and direction, which programs leave at the ends of what is copied."""
    start, end = 0, len(text)
    while start < end and _is_margin(text[start]):
        start += 1
    while end > start and _is_margin(text[end - 1]):
        end -= 1
    return text[start:end]


def _is_margin(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) == "Cf"


def _is_invisible(character: str) -> bool:
    return character in BLANK or unicodedata.category(character)[0] in "CMZ"


def _joins(text: str, index: int) -> bool:
    """Return whether it is a joiner between two characters that can be seen."""
    return (
        text[index] in JOINERS
        and 0 < index < len(text) - 1
        and not any(text[at].isspace() or text[at] in JOINERS for at in (index - 1, index + 1))
    )


def _no_step(text: str) -> str:
    if text in {".", ".."}:
        raise ValueError("a step of a path is no key")
    return text


def _line(longest: int) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=longest, pattern=LINE)


Line = Annotated[str, _line(100), AfterValidator(plain_line)]
LongLine = Annotated[str, _line(250), AfterValidator(plain_line)]
Text = Annotated[str, StringConstraints(max_length=1000, pattern=r"^[^\x00]*$")]
Key = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=60, pattern=KEY),
    AfterValidator(plain_line),
    AfterValidator(_no_step),
]
Currency = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z]{3}$"),
    AfterValidator(_known_currency),
    Field(examples=["USD"]),
]
Language = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$"),
    Field(examples=["en-US"]),
]
Country = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z]{2}$"),
    AfterValidator(_known_country),
    Field(examples=["US"]),
]
CompanyCode = Annotated[
    str, StringConstraints(pattern=r"^[A-Z0-9]{2,10}$"), Field(examples=["USRT"])
]
Guid = Annotated[
    str,
    StringConstraints(
        pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", to_lower=True
    ),
    Field(examples=["3f0c7a52-8a4e-4d0b-9c53-0d6f5c1e9a10"]),
]
# A clock that was never set says year 1, and some programs mean never by year 9999: neither can be
# converted into another time zone.
Moment = Annotated[
    AwareDatetime,
    Field(
        ge=datetime(1900, 1, 1, tzinfo=UTC),
        le=datetime(9000, 1, 1, tzinfo=UTC),
        examples=["2026-03-01T09:30:00Z"],
    ),
]
Whole = Annotated[int, Field(ge=0, le=2**53 - 1)]


AttributeValue = bool | int | float | str | list[str] | list[int] | list[float] | None
Attributes = dict[str, AttributeValue]


def in_milliseconds(time: datetime) -> str:
    """Return RFC 3339 in UTC with three digits: what is hashed must always be written alike."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# A time that is kept, answered and hashed with three digits.
Instant = Annotated[
    datetime,
    PlainSerializer(in_milliseconds, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]


def as_text(moment: datetime) -> str:
    """Return RFC 3339 in UTC with all six digits, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class Record(BaseModel):
    """Stored or answered: camelCase in JSON; unknown fields are ignored."""

    model_config = ConfigDict(
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=True,
        extra="ignore",
        defer_build=True,  # most of them are not needed by the request that a cold start is for
    )


class Body(BaseModel):
    """Sent by a caller: an unknown field is refused, so that no typing error is lost."""

    model_config = ConfigDict(
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        allow_inf_nan=False,  # JSON has neither, and what is stored must be JSON
        defer_build=True,
    )


class Setting(Body):
    """Configured: sent, stored and answered in one shape."""
