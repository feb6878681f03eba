"""Whether the store may let the operations of this work wait for those of others."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

low: ContextVar[bool] = ContextVar("low", default=False)


@contextmanager
def behind_others() -> Iterator[None]:
    """Let operations for which a person waits come first, where the store is short of capacity."""
    before = low.set(True)
    try:
        yield
    finally:
        low.reset(before)
