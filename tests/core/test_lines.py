"""What a line of text may consist of."""

import pytest

from shared.core.values import plain_line


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Łukasz", "Łukasz"),
        ("\ufeffKaren", "Karen"),
        ("\u202a+1 206 555 0123\u202c", "+1 206 555 0123"),
        ("Zoe\u0308", "Zo\u00eb"),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",) * 2,
        ("क्\u200dष", "क्\u200dष"),
        ("Åsa\u00a0Berg", "Åsa\u00a0Berg"),
    ],
)
def test_a_line_is_kept_without_what_is_invisible_at_its_ends(given: str, kept: str) -> None:
    assert plain_line(given) == kept


@pytest.mark.parametrize(
    "text",
    [
        "\u200b", "\u3164", "\u2800", "\u202e", "\u0301\u0301", "\ufeff\ufeff", "\u00a0\u200b",
        "Ka\u200bren", "Ka\u202eren", "a\u2028b", "a\u2029b", "a\u0085b", "a\U000e0041b",
        "a\uffffb", "a\ue000b", "a\u200d b", "a\u200d\u200db", "so\u00adft",
    ],
)  # fmt: skip
def test_a_line_is_refused_that_is_not_what_it_seems(text: str) -> None:
    with pytest.raises(ValueError, match=r"seen|cannot be part"):
        plain_line(text)
