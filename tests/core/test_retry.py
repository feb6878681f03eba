"""Optimistic writing: who waits, who tries again, and who is told to come back later."""

import asyncio

import pytest

from shared.core import deadlines, retry
from shared.core.errors import AlreadyExists, Stale, Unavailable, VersionMismatch


class Counter:
    """A value that is read and written over with a gap between, as in a store."""

    def __init__(self) -> None:
        self.value = 0
        self.attempts = 0

    async def add_one(self) -> int:
        self.attempts += 1
        seen = self.value
        await asyncio.sleep(0)
        if self.value != seen:
            raise Stale("another writer came first")
        self.value = seen + 1
        return self.value


async def test_writers_of_one_process_take_turns_and_repeat_nothing() -> None:
    counter = Counter()
    await asyncio.gather(*(retry.write(counter.add_one, turn="counter") for _ in range(50)))

    assert counter.value == counter.attempts == 50


async def test_writers_without_a_turn_all_come_in_too() -> None:
    counter = Counter()
    await asyncio.gather(*(retry.write(counter.add_one) for _ in range(20)))

    assert counter.value == 20
    assert counter.attempts > 20


async def test_different_things_do_not_wait_for_each_other() -> None:
    first_is_in, may_end = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        first_is_in.set()
        await may_end.wait()

    async def pass_by() -> str:
        return "passed"

    holding = asyncio.create_task(retry.write(hold, turn="one"))
    await first_is_in.wait()
    assert await retry.write(pass_by, turn="other") == "passed"
    may_end.set()
    await holding


@pytest.mark.parametrize("refusal", [Stale("lost"), AlreadyExists("lost")])
async def test_a_caller_that_named_a_version_gets_one_attempt(refusal: Exception) -> None:
    attempts = 0

    async def attempt() -> None:
        nonlocal attempts
        attempts += 1
        raise refusal

    with pytest.raises(Stale):
        await retry.write(attempt, if_match="v1")

    assert attempts == 1


async def test_a_version_that_does_not_match_is_not_tried_again() -> None:
    attempts = 0

    async def attempt() -> None:
        nonlocal attempts
        attempts += 1
        retry.check_version("v2", "v1")

    with pytest.raises(VersionMismatch):
        await retry.write(attempt)

    assert attempts == 1


async def test_at_the_deadline_the_caller_is_told_to_come_back() -> None:
    async def attempt() -> None:
        raise Stale("always")

    with pytest.raises(Unavailable, match="many writers"):
        await retry.until_not_stale(attempt, patience=0.05)


async def test_a_writer_does_not_wait_for_its_turn_beyond_the_deadline() -> None:
    is_in, may_end = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        is_in.set()
        await may_end.wait()

    async def never() -> None:
        raise AssertionError("it has no turn")

    holding = asyncio.create_task(retry.write(hold, turn="held"))
    await is_in.wait()
    token = deadlines.deadline.set(0.0)
    with pytest.raises(Unavailable):
        await retry.write(never, turn="held")
    deadlines.deadline.reset(token)
    may_end.set()
    await holding
