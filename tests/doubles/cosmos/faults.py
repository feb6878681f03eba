"""Faults on demand, at random or by a script, and what an account has little of."""

import random
from collections import deque
from collections.abc import Mapping
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

    def next_for(self, container: str, *, writes: bool) -> Fault:  # for others
        """Return the fault of a request to this container."""
        return self.next()

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


@dataclass(frozen=True)
class Conditions:
    """How an account is provisioned; unless a test says otherwise, nothing is scarce or late.

    Every container has `physical` partitions, the first of which splits after the container was
    asked `split_after` times. `units` are RU/s by container, shared evenly by its partitions; a
    container that is not named has as many as it asks for, or those under "*". A reader without a
    session token sees what was written at least `lag` seconds ago.
    """

    physical: int = 1
    split_after: int | None = None
    units: Mapping[str, float] = field(default_factory=dict)
    lag: float = 0.0

    def units_of(self, container: str) -> float | None:
        return self.units.get(container, self.units.get("*"))


AMPLE = Conditions()
AS_AZURE = Conditions(physical=2, split_after=60, units={"*": 20_000.0}, lag=0.05)
