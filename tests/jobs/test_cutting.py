"""A large body is hashed and cut without keeping others waiting: turns are counted, not time."""

import asyncio
from collections.abc import Awaitable

import azure.functions as func
import pytest

from functions._http.idempotency import hash_of
from shared.jobs.cutting import MAX_LINES, SLICE, TooManyLines, cut
from tests.api import Api
from tests.customers.test_imports import NDJSON

MEBIBYTES = 64
NEWLINES = b"\n" * (MEBIBYTES * SLICE)
LATE = b" " * (MEBIBYTES * SLICE - MAX_LINES - 1) + b"\n" * (MAX_LINES + 1)


async def turns_beside(work: Awaitable[object]) -> int:
    """Return how often others had their turn until the work was done, or refused."""
    task = asyncio.ensure_future(work)
    turns = 0
    while not task.done():
        await asyncio.sleep(0)
        turns += 1
    assert isinstance(task.exception(), TooManyLines | None)
    return turns


async def test_others_have_their_turn_while_lines_are_counted() -> None:
    assert await turns_beside(cut(LATE)) >= MEBIBYTES


async def test_counting_stops_where_there_are_too_many() -> None:
    assert await turns_beside(cut(NEWLINES)) < 5


async def test_others_have_their_turn_while_a_body_is_hashed() -> None:
    request = func.HttpRequest("POST", "/imports", body=NEWLINES)

    assert await turns_beside(hash_of(request)) >= 5


@pytest.mark.parametrize("body", [NEWLINES, LATE], ids=["newlines", "late"])
async def test_searches_are_answered_while_a_large_body_is_refused(api: Api, body: bytes) -> None:
    await api.create(lastName="Meanwhile")
    refused = asyncio.ensure_future(api.post("imports?store=HOUSTON", body, **NDJSON))
    answered = 0
    while not refused.done():
        answered += await api.names("meanwhile") != []
        await asyncio.sleep(0)  # a search over SQLite gives no turn to others by itself
    answer = await refused

    assert (answer.status_code, answer.json()["code"]) == (413, "too-many-lines")
    assert answered >= 2
