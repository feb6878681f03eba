"""How long a request may go on trying. Work in the background has no deadline of its own."""

import time
from contextvars import ContextVar

REQUEST_SECONDS = 10.0  # that a caller waits at most for a store in trouble
BACKGROUND_SECONDS = 60.0  # for one operation of a feed, a timer or a queue

deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


def start() -> None:
    deadline.set(time.monotonic() + REQUEST_SECONDS)


def remaining() -> float:
    """Return the seconds left to the request, or to a background operation that begins now."""
    end = deadline.get()
    return BACKGROUND_SECONDS if end is None else max(0.0, end - time.monotonic())
