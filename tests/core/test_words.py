"""How words are compared."""

import pytest

from shared.core.language.words import readings, words


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
        ("yang jon", [("yang", "jon")]),
        ("JON24@", [("jon24@",)]),
        ("(206) 555-0123 jon", [("2065550123", "jon"), ("206", "555", "0123", "jon")]),
        ("+44 20 7946", [("44207946",), ("44", "20", "7946")]),
        ("206 555", [("206555",), ("206", "555")]),
        ("12-14 oak", [("1214", "oak"), ("12", "14", "oak")]),
        ("karen.berg", [("karen.berg",), ("karen", "berg")]),
        ("st. john", [("st", "john")]),
        ("C-000001", [("c-000001",), ("c", "000001")]),
        ("a/b?c#d", [("a", "b", "c", "d")]),
        (" - ", []),
    ],
)
def test_a_query_has_one_reading_or_two(query: str, expected: list[tuple[str, ...]]) -> None:
    assert readings(query) == expected
