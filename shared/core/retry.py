"""Optimistic writing: read, decide, write, and again where another writer came first.

Writers of one process wait for their turn, so that the work of the winner is not repeated by all
the others; writers of other processes are met by trying again after a random pause.
"""

import asyncio
import itertools
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TypeVar
from weakref import WeakValueDictionary

from shared.core import deadlines
from shared.core.errors import AlreadyExists, Stale, Unavailable, VersionMismatch

T = TypeVar("T")
ANY = "*"  # If-Match of a caller who takes whatever version is there
FIRST_PAUSE_SECONDS = 0.005
MAX_PAUSE_SECONDS = 0.25
LATE_AFTER = timedelta(minutes=2)  # doubled with each time that a message was sent
MAX_LATE_AFTER = timedelta(hours=2)
CONTENDED = "The resource is being changed by many writers; try again."

_turns: WeakValueDictionary[Hashable, asyncio.Lock] = WeakValueDictionary()


def late_after(sent: int) -> timedelta:
    """Return how long to wait for what follows a message that was sent so many times."""
    return min(MAX_LATE_AFTER, LATE_AFTER * (1 << min(sent - 1, 10)))


def check_version(etag: str, if_match: str) -> None:
    """Raise VersionMismatch unless the caller named this version, or takes any."""
    if if_match not in {ANY, etag}:
        raise VersionMismatch("The resource was changed since you read it; read it again.")


async def write(
    attempt: Callable[[], Awaitable[T]], *, if_match: str | None = ANY, turn: Hashable = None
) -> T:
    """Run the attempt; again until it is in, for a caller that takes any version.

    A caller that named a version gets one attempt, and Stale where another writer came first.
    `turn` names what is written, and makes the writers of this process wait for one another: an
    attempt must not write the same thing by another call of this function. Raises what the
    attempt raises, and Unavailable at the deadline.
    """
    if if_match == ANY:
        return await until_not_stale(attempt, turn=turn)
    try:
        return await attempt()
    except AlreadyExists:
        raise Stale("The resource was changed at the same moment; read it again.") from None


async def until_not_stale(
    attempt: Callable[[], Awaitable[T]], *, turn: Hashable = None, patience: float | None = None
) -> T:
    """Run the attempt until no other writer comes first, as long as the deadline allows.

    AlreadyExists counts as Stale: another writer created first what the attempt found missing.
    An attempt that has begun is never cut short. Raises Unavailable at the deadline, or after
    `patience` in seconds.
    """
    seconds = deadlines.remaining()
    end = time.monotonic() + (seconds if patience is None else min(patience, seconds))
    async with _turn(turn):
        for tries in itertools.count():
            try:
                return await attempt()
            except VersionMismatch:
                raise
            except (Stale, AlreadyExists) as exc:
                pause = _pause(tries)
                if time.monotonic() + pause >= end:
                    raise Unavailable(CONTENDED) from exc
                await asyncio.sleep(pause)
    raise AssertionError("unreachable")


@asynccontextmanager
async def _turn(turn: Hashable) -> AsyncIterator[None]:
    """Wait for the writers of this process that came before. Raises Unavailable at the deadline."""
    if turn is None:
        yield
        return
    # A lock belongs to the loop in which it was first waited for, and tests have many.
    key = (id(asyncio.get_running_loop()), turn)
    lock = _turns.setdefault(key, asyncio.Lock())
    try:
        await asyncio.wait_for(lock.acquire(), deadlines.remaining())
    except TimeoutError:
        raise Unavailable(CONTENDED) from None
    try:
        yield
    finally:
        lock.release()


def _pause(tries: int) -> float:
    """Return random seconds, of a span that doubles with each try."""
    ceiling = min(MAX_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * (1 << min(tries, 10)))
    return random.random() * ceiling  # noqa: S311  # jitter
