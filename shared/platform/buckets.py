"""Buckets of tokens: how many requests a caller may make, and how many at once."""

import time
from collections.abc import Callable
from typing import Final

MAX_CALLERS: Final = 10_000
Who = tuple[str, str]  # a company and an actor


class Buckets:
    """A bucket for each caller, in the memory of one instance: several instances let through more.

    A bucket that is full again is forgotten, so that only callers of the moment take memory.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._tokens: dict[Who, tuple[float, float]] = {}  # how many there were, and when
        self._full_after: dict[Who, float] = {}

    def take(self, who: Who, a_second: float, burst: float) -> float:
        """Take a token; return 0, or the seconds after which there will be one.

        So many come back `a_second`, up to `burst`. Without a rate there is no limit.
        """
        if not a_second:
            return 0.0
        now, burst = self._clock(), max(burst, 1.0)
        before, at = self._tokens.get(who, (burst, now))
        tokens = min(burst, before + (now - at) * a_second)
        if tokens < 1.0:
            return (1.0 - tokens) / a_second
        if len(self._tokens) >= MAX_CALLERS:
            self._forget(now)
        self._tokens[who] = (tokens - 1.0, now)
        self._full_after[who] = now + (burst - tokens + 1.0) / a_second
        return 0.0

    def _forget(self, now: float) -> None:
        """Forget full buckets; of too many that are not, keep those that have most to wait for."""
        left = [who for who, at in self._full_after.items() if at > now]
        if len(left) >= MAX_CALLERS:
            left = sorted(left, key=self._full_after.__getitem__)[MAX_CALLERS // 2 :]
        self._tokens = {who: self._tokens[who] for who in left}
        self._full_after = {who: self._full_after[who] for who in left}
