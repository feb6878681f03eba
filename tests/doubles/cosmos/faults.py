"""Faults on demand, by chance or one after another."""

import random
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

Fault = Literal["throttle", "unavailable", "retry-with", "drop-before", "drop-after", "none"]


@dataclass
class Faults:
    """Shares are of all requests for documents; `script` comes first, one fault a request.

    `delay` is seconds before each answer; `shortest` cuts pages of queries to that many documents.
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
        throw = self.chance.random()
        shares: list[tuple[Fault, float]] = [
            ("throttle", self.throttle),
            ("drop-before", self.drop_before),
            ("drop-after", self.drop_after),
        ]
        for fault, share in shares:
            if throw < share:
                return fault
            throw -= share
        return "none"
