"""The calls in the README work, and are answered as it says."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.api import BASE, MANAGER, Api

ROOT = Path(__file__).parent.parent.parent
BLOCK = re.compile(r"^```\n(\$ .*?)^```", re.MULTILINE | re.DOTALL)
CURL = re.compile(r"""curl "?\$api(?P<path>[^\s"]*)"?(?P<options>.*)""")
BODY = re.compile(r"-d '(.*?)'")
SHOWN_NUMBER = "000301"  # the account number of the customer that the README creates
# What differs from run to run: GUIDs, account numbers and cursors.
VARYING = re.compile(
    rf"""[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}|{SHOWN_NUMBER}|"nextCursor":"[\w-]*"""
)
LEFT_OUT = "..."


class Example(NamedTuple):
    path: str
    body: str | None
    answer: str


def examples() -> Iterator[Example]:
    for block in BLOCK.findall((ROOT / "README.md").read_text()):
        for command in block.replace("\\\n", "").split("$ ")[1:]:
            line, _, answer = command.partition("\n")
            if call := CURL.search(line):
                body = BODY.search(call["options"])
                yield Example(call["path"], body and body[1], answer)


def steady(text: str) -> str:
    """Return the text without blanks and what differs from run to run."""
    return VARYING.sub("_", "".join(text.split()))


async def test_each_call_is_answered_as_it_is_shown(api: Api) -> None:
    calls, number = list(examples()), SHOWN_NUMBER
    for path, body, shown in calls:
        sent = json.loads(body.replace(SHOWN_NUMBER, number)) if body else None
        method = "GET" if sent is None else "POST"
        response = await api.call(method, f"{BASE}{path}", sent, bearer=MANAGER)
        number = response.json().get("accountNumber", number)
        answered = steady(response.text.replace(number, SHOWN_NUMBER))
        for part in steady(shown).split(LEFT_OUT):
            assert part.strip(",") in answered

    assert len(calls) == 3
