"""How often the same may be asked for by who has no bearer: counted in memory, by each instance."""

import time
from collections import OrderedDict, deque
from typing import Final

from functions._http.problems import TooManyRequests

WINDOW_SECONDS: Final = 60.0
MAX_REMEMBERED: Final = 10_000


class Limit:
    """At most so many requests in any minute for each key."""

    def __init__(self, a_minute: int) -> None:
        self._a_minute = a_minute
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def count(self, key: str) -> None:
        """Count a request. Raises TooManyRequests."""
        now = time.monotonic()
        times = self._times.setdefault(key, deque())
        self._times.move_to_end(key)
        while len(self._times) > MAX_REMEMBERED:
            self._times.popitem(last=False)
        while times and now - times[0] > WINDOW_SECONDS:
            times.popleft()
        if len(times) >= self._a_minute:
            raise TooManyRequests(f"At most {self._a_minute} requests a minute.")
        times.append(now)
