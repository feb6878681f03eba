"""How many customers a caller has looked at in the running hour."""

import time
from collections.abc import Callable, Iterable
from typing import Final

HOUR_SECONDS: Final = 3_600.0
MAX_CALLERS: Final = 10_000
Who = tuple[str, str]  # a company and an actor


class Watch:
    """Counts customers by caller and hour, in the memory of one instance."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._hour = -1
        self._seen: dict[Who, set[str]] = {}

    def see(self, who: Who, customer_ids: Iterable[str]) -> tuple[int, int]:
        """Return how many there were before, and how many with these."""
        hour = int(self._clock() // HOUR_SECONDS)
        if hour != self._hour or len(self._seen) >= MAX_CALLERS:
            self._hour, self._seen = hour, {}
        seen = self._seen.setdefault(who, set())
        before = len(seen)
        seen.update(customer_ids)
        return before, len(seen)
