"""Faults on demand, at random or by a script."""

import random
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

Fault = Literal["throttle", "unavailable", "retry-with", "drop-before", "drop-after", "none"]


@dataclass
class Faults:
    """`throttle` and the drops are shares of all requests for documents (0 to 1). `script` is used
    first, one fault per request. `delay` is in seconds. `shortest` limits the pages of queries.
    """

    delay: float = 0.0
    throttle: float = 0.0
    drop_before: float = 0.0
    drop_after: float = 0.0
    shortest: int | None = None
    script: deque[Fault] = field(default_factory=deque)
    chance: random.Random = field(default_factory=lambda: random.Random(7))

    def next(self) -> Fault:
        if self.script:
            return self.script.popleft()
        number = self.chance.random()
        shares: list[tuple[Fault, float]] = [
            ("throttle", self.throttle),
            ("drop-before", self.drop_before),
            ("drop-after", self.drop_after),
        ]
        for fault, share in shares:
            if number < share:
                return fault
            number -= share
        return "none"
