"""Counting what a request asks of the store, so that its cost is seen where it is caused."""

from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass

from shared.ports.documents import (
    Changes,
    Condition,
    Document,
    Documents,
    Operation,
    Order,
    Page,
    Partition,
    Placed,
)


@dataclass(slots=True)
class Tally:
    """Store operations of one request; `charge` is in request units, `throttled` counts refusals
    for asking too much, where the store has them."""

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
_ID = Order()


class Metered:
    """A document port that counts what goes through it for whoever is asking."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def read(self, container: str, partition: Partition, document_id: str) -> Document | None:
        if count := tally.get():
            count.reads += 1
        return await self._documents.read(container, partition, document_id)

    async def commit(
        self, container: str, partition: Partition, operations: Sequence[Operation]
    ) -> list[str]:
        if count := tally.get():
            count.commits += 1
        return await self._documents.commit(container, partition, operations)

    async def scatter(self, container: str, writes: Sequence[Placed], seal: Placed) -> str:
        if count := tally.get():
            count.scattered += len(writes) + 1
        return await self._documents.scatter(container, writes, seal)

    async def query(  # the port's own signature
        self,
        container: str,
        partition: Partition,
        *conditions: Condition,
        order: Order = _ID,
        limit: int = 100,
        continuation: str | None = None,
    ) -> Page:
        if count := tally.get():
            count.queries += 1
        return await self._documents.query(
            container, partition, *conditions, order=order, limit=limit, continuation=continuation
        )

    async def changes(self, container: str, position: str | None, limit: int) -> Changes:
        return await self._documents.changes(container, position, limit)
