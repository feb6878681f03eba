"""Provisioned throughput: request units a second, for each physical partition of a container."""

from collections.abc import Callable
from dataclasses import dataclass, field

RESERVE = 0.5  # of a second's units, which requests of low priority leave to the others


@dataclass
class Budget:
    """Units that are saved for at most a second; the last request may overdraw them.

    Without a rate there are as many as anybody wants.
    """

    rate: float | None
    clock: Callable[[], float]
    left: float = field(init=False)
    _at: float = field(init=False)

    def __post_init__(self) -> None:
        self.left, self._at = self.rate or 0.0, self.clock()

    def wait(self, *, low_priority: bool) -> float:
        """Return the seconds until a request is admitted; 0 if it is now."""
        if self.rate is None:
            return 0.0
        now = self.clock()
        self.left = min(self.rate, self.left + (now - self._at) * self.rate)
        self._at = now
        needed = self.rate * RESERVE if low_priority else 0.0
        return max(0.0, (needed - self.left) / self.rate)

    def spend(self, charge: float) -> None:
        self.left -= charge


@dataclass
class Budgets:
    """The units of a container, shared evenly by its physical partitions."""

    units: float | None
    clock: Callable[[], float]
    _by_partition: dict[str, Budget] = field(default_factory=dict)

    def of(self, partition: str, partitions: int) -> Budget:
        share = None if self.units is None else self.units / partitions
        budget = self._by_partition.setdefault(partition, Budget(share, self.clock))
        budget.rate = share
        return budget
