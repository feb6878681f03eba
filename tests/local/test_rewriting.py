"""Times in what a feed hands over, as the real host's JSON reader writes them anew."""

import pytest

from local.host.rewriting import rewritten


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2026-11-25T10:00:00.120000Z", "2026-11-25T10:00:00.12Z"),
        ("2026-11-25T10:00:00.123456Z", "2026-11-25T10:00:00.123456Z"),
        ("2026-11-25T10:00:00+02:00", "2026-11-25T08:00:00+00:00"),
        ("2026-11-25T10:00:00+00:00", "2026-11-25T10:00:00+00:00"),
        ("2026-11-25T10:00:00", "2026-11-25T10:00:00"),
        ("2026-11-25T24:00:00", "2026-11-26T00:00:00"),
        ("/Date(0)/", "1970-01-01T00:00:00Z"),
        ("2026-11-25", "2026-11-25"),
        ("call her at 2026-11-25T10:00:00+02:00", "call her at 2026-11-25T10:00:00+02:00"),
        ("2026-99-25T10:00:00Z", "2026-99-25T10:00:00Z"),
    ],
)
def test_what_looks_like_a_time_is_written_anew(text: str, told: str) -> None:
    assert rewritten({"a": [text, 1, None]}) == {"a": [told, 1, None]}
