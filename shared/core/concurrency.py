"""Doing several things at once, and waiting for all of them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


async def side_by_side(
    items: Iterable[T], do: Callable[[T], Awaitable[R]], *, at_once: int
) -> list[R]:
    """Do it for each item, so many at a time, and return the results in their order.

    Nothing goes on in the background: if one raises, the others are waited for first.
    """
    every = list(items)
    waiting = iter(enumerate(every))
    results: dict[int, R] = {}
    failures: dict[int, BaseException] = {}

    async def work() -> None:
        # Few tasks with many items each: a task for each item costs more than many a read.
        for number, item in waiting:
            try:
                results[number] = await do(item)
            except Exception as exc:  # noqa: BLE001  # raised below, once all others are done
                failures[number] = exc

    workers = (work() for _ in range(min(at_once, len(every))))
    ended = await asyncio.gather(*workers, return_exceptions=True)
    for failure in (*ended, *(failures[number] for number in sorted(failures))):
        if failure is not None:
            raise failure
    return [results[number] for number in range(len(every))]
