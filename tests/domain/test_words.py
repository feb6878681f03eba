"""How words are compared."""

import pytest

from shared.domain.words import terms, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Łódź", ("lodz",)), ("MÜLLER", ("muller",)), ("Straße", ("strasse",)),
        ("O'Neil", ("oneil",)), ("Anne-Marie", ("anne", "marie")), ("Ann  Ann", ("ann",)),
        ("Чехов", ("chekhov",)), ("", ()), ("-- ,", ()), ("SW1A 1AA", ("sw1a", "1aa")),
    ],
)  # fmt: skip
def test_text_becomes_plain_words(text: str, expected: tuple[str, ...]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("yang jon", ("yang", "jon")),
        ("JON24@", ("jon24@",)),
        ("(206) 555-0123 jon", ("2065550123", "jon")),
        ("+44 20 7946", ("44207946",)),
        ("206 555 0123", ("2065550123",)),
        ("12 4700", ("12", "4700")),
        ("karen.berg", ("karen.berg",)),
        ("st. john", ("st", "john")),
        ("555-0123", ("5550123",)),
        ("a/b?c#d", ("a", "b", "c", "d")),
    ],
)
def test_a_query_becomes_terms(query: str, expected: tuple[str, ...]) -> None:
    assert terms(query) == expected
