"""Where a search looks."""

from shared.customers.domain.directory import phone_ends
from shared.customers.domain.search import Question, strata


def kinds(*terms: str, by: str | None = None) -> list[str]:
    return [f"{one.kind} {one.bucket}" for one in strata(terms, by)]  # type: ignore[arg-type]


def test_two_words_are_looked_up_as_a_pair_first() -> None:
    assert kinds("yang", "jon") == ["pair p:jon", "word w:ya"]


def test_the_smaller_word_of_a_pair_comes_first_if_it_fills_three_letters() -> None:
    assert strata(("yang", "jonas"))[0].prefix == "jon yang"
    assert strata(("jonat", "jonas"))[0].prefix == "jon jonat"
    assert strata(("jon", "jonas"))[0].prefix == "jon jon", "which is smaller is not plain"
    assert strata(("yang", "jo"))[0].prefix == "yan jo", "two names stand in both orders"
    assert kinds("jo", "ya") == ["word w:jo"]


def test_the_longest_two_of_many_words_are_the_pair() -> None:
    assert kinds("jon", "of", "rockhampton") == ["pair p:jon", "word w:ro"]


def test_digits_are_looked_up_in_one_place_from_whichever_end_they_are() -> None:
    assert kinds("0123") == ["word w:01"]
    assert phone_ends("12065550123")[::7] == ["12065550123", "0123"]
    assert phone_ends("112") == ["112"]


def test_a_field_without_pairs_is_searched_by_words() -> None:
    assert kinds("yang", "jon", by="email") == ["word w:ya"]


def test_one_letter_is_a_word_of_its_own() -> None:
    assert strata(("y",))[0].prefix == "y "


def test_nothing_asked_is_nowhere_to_look() -> None:
    assert Question.of(" - ", None).strata == ()
