"""What the operations have in common that need no bearer: a link is enough, with its token.

The host writes paths into its telemetry, and never queries: so a token must not stand in a path.
"""

import time
from collections import OrderedDict, deque
from typing import Annotated, Final

from pydantic import Field

from functions._http.trigger import Query
from shared.core.errors import TooMany

WINDOW_SECONDS: Final = 60.0
MAX_REMEMBERED: Final = 10_000


class Limit:
    """At most so many requests in any minute for each key, counted in memory by each instance."""

    def __init__(self, a_minute: int) -> None:
        self._a_minute = a_minute
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def count(self, key: str) -> None:
        """Count a request. Raises TooMany."""
        now = time.monotonic()
        times = self._times.setdefault(key, deque())
        self._times.move_to_end(key)
        while len(self._times) > MAX_REMEMBERED:
            self._times.popitem(last=False)
        while times and now - times[0] > WINDOW_SECONDS:
            times.popleft()
        if len(times) >= self._a_minute:
            raise TooMany(f"At most {self._a_minute} requests a minute.")
        times.append(now)


UNSEEN: Final = {"Referrer-Policy": "no-referrer"}
PER_TOKEN: Final = Limit(30)


class TokenQuery(Query):
    token: Annotated[str, Field(min_length=1, max_length=2000, description="Token of the link")]
