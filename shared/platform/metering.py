"""Counting the store operations of a request, so that its cost is visible where it arises."""

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class Tally:
    """Store operations of one request; `charge` is in request units, `throttled` counts answers
    429, if the store has them."""

    reads: int = 0
    queries: int = 0
    commits: int = 0
    scattered: int = 0
    charge: float = 0.0
    throttled: int = 0

    @property
    def total(self) -> int:
        return self.reads + self.queries + self.commits + self.scattered

    def add(self, other: "Tally") -> None:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def __str__(self) -> str:
        counts = (
            f"reads={self.reads} queries={self.queries} "
            f"commits={self.commits} scattered={self.scattered}"
        )
        return f"{counts} charge={self.charge:.1f}" if self.charge else counts


tally: ContextVar[Tally | None] = ContextVar("tally", default=None)
