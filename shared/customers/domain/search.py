"""How a search reads the directory: where to look first, what counts as a match, and why.

A search walks strata. A pair of words is looked up as a pair first, where even common names cost
no more than they bring; then every word that begins like the longest one is gone through.
"""

from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

from shared.core.values import Record
from shared.core.words import readings
from shared.customers.domain import directory as dir_

By = Literal["name", "email", "phone", "account", "address"]
PAIRED_FIELDS = (None, "name", "address")


class Match(Record):
    field: By
    value: str
    term: str


class SearchItem(Record):
    """A line of a search result, or of the list of customers."""

    id: str
    account_number: str | None
    display_account: str
    name: str
    customer_type: Literal["Person", "Organization"]
    primary_email: str | None = None
    primary_phone: str | None = None
    city: str | None = None
    sync_status: Literal["PendingSync", "Synced", "SyncFailed"]
    etag: str
    match: tuple[Match, ...] = ()


@dataclass(frozen=True, slots=True)
class Stratum:
    """One stretch of one partition of the directory, read in order of id, for all the terms."""

    kind: Literal["pair", "word"]
    bucket: str
    prefix: str
    terms: tuple[str, ...]


def strata(terms: tuple[str, ...], by: By | None = None) -> list[Stratum]:
    """Return where to look for one reading of a query, in order."""
    found = _pairs(terms) if by in PAIRED_FIELDS else []
    longest = max(terms, key=len)
    prefix = longest if len(longest) >= dir_.BUCKET else f"{longest} "
    found.append(Stratum("word", dir_.word_bucket(longest), prefix, terms))
    return found


def is_phone(term: str) -> bool:
    return term.isdigit() and len(term) >= dir_.FEWEST_PHONE_DIGITS


@dataclass(frozen=True, slots=True)
class Question:
    """Where to look, in order, and the one field that all words shall be in."""

    strata: tuple[Stratum, ...]
    by: By | None

    @classmethod
    def of(cls, query: str, by: By | None) -> "Question":
        steps = (one for terms in readings(query) for one in strata(terms, by))
        return cls(tuple(steps), by)


def show(entry: dict[str, Any], question: Question, step: int) -> dict[str, Any] | None:
    """Return the line to show for this entry, or None: no match, or shown elsewhere already."""
    said = _said_in(entry, question.by)
    at, earlier = question.strata[step], question.strata[:step]
    matches = _matches(said, at)
    if matches is None or not _is_first(entry, said, at):
        return None
    if any(_is_in(entry, said, one) and _matches(said, one) for one in earlier):
        return None
    return {**entry["line"], "match": matches}


def _matches(said: list[dir_.Said], at: Stratum) -> list[dict[str, str]] | None:
    """Return what each of the terms matches, or None unless all do."""
    matches = []
    for term in at.terms:
        match = explain(said, term)
        if match is None:
            return None
        matches.append(match)
    return matches


def _said_in(entry: dict[str, Any], by: By | None) -> list[dir_.Said]:
    said: list[dir_.Said] = entry["said"]
    return said if by is None else [one for one in said if one[0] == by]


def explain(said: list[dir_.Said], term: str) -> dict[str, str] | None:
    """Return the field that the term matches, exactly if any does, and the value as given."""
    best = None
    for field, value, its_words in said:
        if term in its_words:
            return {"field": field, "value": value, "term": term}
        if best is None and _begins(field, its_words, term):
            best = {"field": field, "value": value, "term": term}
    return best


def _begins(field: str, its_words: list[str], term: str) -> bool:
    if field != "phone":
        return any(word.startswith(term) for word in its_words)
    return is_phone(term) and any(
        word.startswith(term) or word.endswith(term) for word in its_words
    )


def _pairs(terms: tuple[str, ...]) -> list[Stratum]:
    """Return the stretch of pairs for the two terms that have the most letters, if there is one."""
    pairs = [pair for pair in combinations(terms, 2) if not any(map(is_phone, pair))]
    keys = (_pair_key(*pair) for pair in sorted(pairs, key=lambda pair: -len("".join(pair))))
    return [Stratum("pair", dir_.pair_bucket(key), key, terms) for key in keys if key][:1]


def _pair_key(one: str, other: str) -> str | None:
    """Return how the pairs begin that the two terms stand for, or None if they have no place.

    The smaller word comes first, and a term tells which word that is unless one begins like the
    other; then the shorter term stands for both. It must fill the first three letters; if it
    cannot, the pair of two names in the other order is where to look.
    """
    first, second = sorted((one, other))
    if second.startswith(first):
        second = first
    if len(first) >= dir_.PAIR_BUCKET:
        return dir_.pair_prefix(first, second)
    return dir_.pair_prefix(second, first) if len(second) >= dir_.PAIR_BUCKET else None


def _is_in(entry: dict[str, Any], said: list[dir_.Said], stratum: Stratum) -> bool:
    """Tell whether this customer stands in that stratum too."""
    if stratum.kind == "pair":
        return any(key.startswith(stratum.prefix) for key in dir_.pair_keys(*entry["paired"]))
    return any(word.startswith(stratum.prefix) for one in said for word in dir_.places_of(one))


def _is_first(entry: dict[str, Any], said: list[dir_.Said], at: Stratum) -> bool:
    """Tell whether this is the first of the customer's entries in this stretch."""
    entry_id: str = entry["id"]
    if at.kind == "pair":
        mine = " ".join(entry_id.split(" ", 3)[:3])
        others = dir_.pair_keys(*entry["paired"])
    else:
        mine = entry_id.split(" ", 1)[0]
        if mine == at.prefix:
            return True  # nothing that begins like it is smaller
        others = [word for one in said for word in dir_.places_of(one)]
    return not any(other < mine and other.startswith(at.prefix) for other in others)
