"""How a search reads the directory: where to look first, what counts as a match, and why.

A search walks strata. A pair of words is looked up as a pair first, where even common names cost
no more than they bring; then every word that begins like the longest one is gone through.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

from shared.domain import directory as dir_
from shared.domain.values import Record

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
    """One stretch of one partition of the directory, read in order of id."""

    kind: Literal["pair", "word", "backwards"]
    bucket: str
    prefix: str
    pair: tuple[str, str] = ("", "")


def strata(terms: Sequence[str], by: By | None = None) -> list[Stratum]:
    """Return where to look, in order; empty when there is nothing to look for."""
    if not terms:
        return []
    pairs = _rankings(terms) if by in PAIRED_FIELDS else []
    found = [_pair(first, second) for first, second in pairs[:1]]
    longest = max(terms, key=len)
    prefix = longest if len(longest) >= dir_.BUCKET else f"{longest} "
    found.append(Stratum("word", dir_.word_bucket(longest), prefix))
    if is_phone(longest):
        back = longest[::-1]
        found.append(Stratum("backwards", dir_.backwards_bucket(back), back))
    return found


def is_phone(term: str) -> bool:
    return term.isdigit() and len(term) >= dir_.FEWEST_PHONE_DIGITS


@dataclass(frozen=True, slots=True)
class Question:
    """The words to look for, the one field they shall be in, and where to look for them."""

    terms: tuple[str, ...]
    by: By | None
    strata: list[Stratum]


def show(entry: dict[str, Any], question: Question, step: int) -> dict[str, Any] | None:
    """Return the line to show for this entry, or None: no match, or shown elsewhere already."""
    said = _said_in(entry, question.by)
    at, earlier = question.strata[step], question.strata[:step]
    if not _is_first(entry, said, at) or any(_is_in(entry, said, one) for one in earlier):
        return None
    matches = [explain(said, term) for term in question.terms]
    if not all(matches):
        return None
    return {**entry["line"], "match": matches}


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


def _rankings(terms: Sequence[str]) -> list[tuple[str, str]]:
    """Return the pairs of terms that name a stretch of pairs, the longest letters first.

    Which of two words is the smaller must be plain from their beginnings, and the smaller
    must fill the first letters of a pair.
    """
    plain = [
        (first, second)
        for first, second in (sorted(pair) for pair in combinations(terms, 2))
        if len(first) >= dir_.PAIR_BUCKET
        and first[: dir_.PAIR_BUCKET] != second[: dir_.PAIR_BUCKET]
        and not second.startswith(first)
        and not is_phone(first)
        and not is_phone(second)
    ]
    return sorted(plain, key=lambda pair: -len(pair[0]) - len(pair[1]))


def _pair(first: str, second: str) -> Stratum:
    return Stratum(
        "pair", dir_.pair_bucket(first), dir_.pair_word(first, second), pair=(first, second)
    )


def _is_in(entry: dict[str, Any], said: list[dir_.Said], stratum: Stratum) -> bool:
    """Tell whether this customer stands in that stratum too, and was shown from there."""
    if stratum.kind == "pair":
        first, second = stratum.pair
        return any(word.startswith(first) for word in entry["paired"]) and any(
            word.startswith(second) for word in entry["paired"]
        )
    return any(word.startswith(stratum.prefix) for _, _, each in said for word in each)


def _is_first(entry: dict[str, Any], said: list[dir_.Said], at: Stratum) -> bool:
    """Tell whether this is the first of the customer's entries in this stretch."""
    entry_id: str = entry["id"]
    if at.kind == "word":
        word = entry_id.split(" ", 1)[0]
        return not any(
            at.prefix <= other < word and other.startswith(at.prefix)
            for _, _, each in said
            for other in each
        )
    if at.kind == "pair":
        mine = " ".join(entry_id.split(" ", 3)[:3])
        return all(mine <= other for other in _pairs_of(entry["paired"], at.prefix))
    mine = entry_id.split(" ", 1)[0][::-1]
    ends = (w for f, _, each in said if f == "phone" for w in each[:1])
    return all(mine[::-1] <= end[::-1] for end in ends if end[::-1].startswith(at.prefix))


def _pairs_of(paired: list[str], prefix: str) -> list[str]:
    written = [
        f"{dir_.pair_word(first, second)} {first}" for first, second in combinations(paired, 2)
    ]
    return [pair for pair in written if pair.startswith(prefix)]
