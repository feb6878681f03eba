"""How long a request may go on trying. Work that nobody waits for has no deadline of its own."""

import time
from contextvars import ContextVar

REQUEST = 10.0  # seconds that a caller is made to wait for a store in trouble
UNHURRIED = 60.0  # seconds for one operation of a feed, a timer or a queue

deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


def start() -> None:
    deadline.set(time.monotonic() + REQUEST)


def remaining() -> float:
    """Return seconds, of the request or of the operation that begins now."""
    end = deadline.get()
    return UNHURRIED if end is None else max(0.0, end - time.monotonic())
