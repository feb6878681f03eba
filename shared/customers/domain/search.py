"""How a search reads the directory: where it looks first, and what counts as a match.

A search reads strata one after the other. Two words are looked up as a pair first, which costs
little even for common names; then every entry whose word begins with the longest term is read.
"""

from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

from pydantic import Field

from shared.core.language.words import readings
from shared.core.values import Record
from shared.customers.domain import directory as dir_
from shared.customers.domain.customers import SearchField

By = SearchField
PAIRED_FIELDS = (None, "name", "address")


class Match(Record):
    """What a term of the query matched."""

    field: By | Literal["externalId"] = Field(
        description="Field in which the term was found", examples=["email"]
    )
    value: str = Field(
        description="Value of the field as it was given, also that of a secondary contact",
        examples=["karen@example.com"],
    )
    term: str = Field(
        description="Term of the query, in lower case and without accents", examples=["karen"]
    )


class CustomerItem(Record):
    """A customer in a search result, or in the list of customers."""

    id: str = Field(
        description="GUID of the customer", examples=["3f0c7a52-8a4e-4d0b-9c53-0d6f5c1e9a10"]
    )
    account_number: str | None = Field(
        description="Account number; null while the customer is pending", examples=["004021"]
    )
    display_account: str = Field(
        description='Account number as it is shown: "Pending sync" while there is none',
        examples=["004021"],
    )
    name: str = Field(description="Name of the customer", examples=["Karen Berg"])
    customer_type: Literal["Person", "Organization"] = Field(
        description="Whether the customer is a person or an organization"
    )
    primary_email: str | None = Field(
        None, description="Primary e-mail", examples=["karen@example.com"]
    )
    primary_phone: str | None = Field(
        None, description="Primary phone", examples=["+1 713 555 0142"]
    )
    city: str | None = Field(None, description="City of the primary address", examples=["Houston"])
    sync_status: Literal["PendingSync", "Synced", "SyncFailed"] = Field(
        description="Whether the customer has an account number, waits for it, or could not get it",
        examples=["Synced"],
    )
    match: tuple[Match, ...] = Field(
        (), description="What of the customer each term of the query matched; empty in a list"
    )


@dataclass(frozen=True, slots=True)
class Stratum:
    """One stretch of one partition of the directory, read in order of id, for all the terms."""

    kind: Literal["pair", "word"]
    bucket: str
    prefix: str
    terms: tuple[str, ...]


def strata(terms: tuple[str, ...], by: By | None = None) -> list[Stratum]:
    """Return where to look for one reading of a query, in order."""
    pairs = _pairs(terms) if by in PAIRED_FIELDS else []
    longest = max(terms, key=len)
    prefix = longest if len(longest) >= dir_.BUCKET else f"{longest} "
    return [*pairs, Stratum("word", dir_.word_bucket(longest), prefix, terms)]


def is_phone(term: str) -> bool:
    return term.isdigit() and len(term) >= dir_.MIN_PHONE_DIGITS


@dataclass(frozen=True, slots=True)
class Question:
    """Where to look, in order, and the field that all words must be in, if it is named."""

    strata: tuple[Stratum, ...]
    by: By | None

    @classmethod
    def of(cls, query: str, by: By | None) -> "Question":
        steps = (stratum for terms in readings(query) for stratum in strata(terms, by))
        return cls(tuple(steps), by)


def show(entry: dict[str, Any], question: Question, step: int) -> dict[str, Any] | None:
    """Return the line to show for this entry; None without a match, or if shown already."""
    fields = _fields(entry, question.by)
    stratum, earlier_strata = question.strata[step], question.strata[:step]
    matches = _matches(fields, stratum)
    if matches is None or not _is_first(entry, fields, stratum):
        return None
    if any(
        _is_in(entry, fields, earlier) and _matches(fields, earlier) for earlier in earlier_strata
    ):
        return None
    return {**entry["line"], "match": matches}


def _matches(fields: list[dir_.IndexedField], stratum: Stratum) -> list[dict[str, str]] | None:
    """Return what each of the terms matches, or None unless all do."""
    matches = []
    for term in stratum.terms:
        match = explain(fields, term)
        if match is None:
            return None
        matches.append(match)
    return matches


def _fields(entry: dict[str, Any], by: By | None) -> list[dir_.IndexedField]:
    fields: list[dir_.IndexedField] = entry["said"]
    return fields if by is None else [field for field in fields if field[0] == by]


def explain(fields: list[dir_.IndexedField], term: str) -> dict[str, str] | None:
    """Return the field that the term matches, preferably exactly, and the value as entered."""
    best = None
    for field, value, words in fields:
        if term in words:
            return {"field": field, "value": value, "term": term}
        if best is None and _begins(field, words, term):
            best = {"field": field, "value": value, "term": term}
    return best


def _begins(field: str, words: list[str], term: str) -> bool:
    if field != "phone":
        return any(word.startswith(term) for word in words)
    return is_phone(term) and any(word.startswith(term) or word.endswith(term) for word in words)


def _pairs(terms: tuple[str, ...]) -> list[Stratum]:
    """Return the stratum of pairs for the two terms with the most letters, if there is one."""
    pairs = [pair for pair in combinations(terms, 2) if not any(map(is_phone, pair))]
    keys = (_pair_key(*pair) for pair in sorted(pairs, key=lambda pair: -len("".join(pair))))
    return [Stratum("pair", dir_.pair_bucket(key), key, terms) for key in keys if key][:1]


def _pair_key(term: str, other: str) -> str | None:
    """Return the prefix of the pairs that the two terms match, or None if there is none.

    A pair begins with the smaller word. The terms show which word that is, unless one term is a
    prefix of the other: then the shorter one represents both. The first word must have the three
    letters that name the bucket; if it has fewer, the pair of two names in the other order is
    where to look.
    """
    first, second = sorted((term, other))
    if second.startswith(first):
        second = first
    if len(first) >= dir_.PAIR_BUCKET:
        return dir_.pair_prefix(first, second)
    return dir_.pair_prefix(second, first) if len(second) >= dir_.PAIR_BUCKET else None


def _is_in(entry: dict[str, Any], fields: list[dir_.IndexedField], stratum: Stratum) -> bool:
    """Return whether this customer has an entry in that stratum too."""
    if stratum.kind == "pair":
        return any(key.startswith(stratum.prefix) for key in dir_.pair_keys(*entry["paired"]))
    return any(word.startswith(stratum.prefix) for word in _words(fields))


def _is_first(entry: dict[str, Any], fields: list[dir_.IndexedField], stratum: Stratum) -> bool:
    """Return whether this is the first of the customer's entries in the stratum."""
    entry_id: str = entry["id"]
    if stratum.kind == "pair":
        key = " ".join(entry_id.split(" ", 3)[:3])
        keys = dir_.pair_keys(*entry["paired"])
    else:
        key = entry_id.split(" ", 1)[0]
        if key == stratum.prefix:
            return True  # no smaller word begins with it
        keys = _words(fields)
    return not any(other < key and other.startswith(stratum.prefix) for other in keys)


def _words(fields: list[dir_.IndexedField]) -> list[str]:
    return [word for field in fields for word in dir_.words_of(field)]
