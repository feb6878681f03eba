"""Times in what a feed hands over, as the real host's JSON reader writes them anew."""

import json
from typing import Any

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
    assert json.loads(rewritten({"a": [text, 1, None]})) == {"a": [told, 1, None]}


TIME = "2026-11-25T10:00:00.10Z"


@pytest.mark.parametrize(
    "value",
    [
        {TIME: 1},  # a name
        [f'she said "{TIME}"'],
        [f'"{TIME}"'],
        [f'\\"{TIME}"'],
        [f"{TIME}\n"],
        ["/Date(soon)/"],
    ],
)
def test_what_is_no_time_stays_as_it_is(value: Any) -> None:
    assert json.loads(rewritten(value)) == value


def test_every_value_is_looked_at() -> None:
    value = {"a": TIME, "b\\": {"c": [TIME, "\\", TIME]}, "d": [[TIME]], "é": TIME}
    assert rewritten(value).count("10:00:00.1Z") == 5
