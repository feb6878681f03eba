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
    gate = asyncio.Semaphore(at_once)

    async def run(item: T) -> R:
        async with gate:
            return await do(item)

    results = await asyncio.gather(*(run(item) for item in items), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results  # type: ignore[return-value]  # no exception is left in it
