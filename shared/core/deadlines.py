"""How long a request may go on trying. Work in the background has no deadline of its own."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

REQUEST_SECONDS = 10.0  # that a caller waits at most for a store in trouble
LONG_REQUEST_SECONDS = 200.0  # where much is stored; the front end of Azure waits for 230
BACKGROUND_SECONDS = 60.0  # for one operation of a feed, a timer or a queue

deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


def start(seconds: float = REQUEST_SECONDS) -> None:
    deadline.set(time.monotonic() + seconds)


@contextmanager
def at_least(seconds: float) -> Iterator[None]:
    """Give what must be done in any case so much time, though the request has none left."""
    end = deadline.get()
    before = deadline.set(None if end is None else max(end, time.monotonic() + seconds))
    try:
        yield
    finally:
        deadline.reset(before)


def remaining() -> float:
    """Return the seconds left to the request, or to a background operation that begins now."""
    end = deadline.get()
    return BACKGROUND_SECONDS if end is None else max(0.0, end - time.monotonic())
