"""A document port that counts the store operations of the current request."""

from collections.abc import Sequence

from shared.platform.metering import tally
from shared.ports.documents import (
    ID_ORDER,
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


class Metered(Documents):
    """Counts the operations, and passes them on to another document port."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def read(self, container: str, partition: Partition, document_id: str) -> Document | None:
        if count := tally.get():
            count.reads += 1
        return await self._documents.read(container, partition, document_id)

    async def read_newest(
        self, container: str, partition: Partition, document_id: str
    ) -> Document | None:
        if count := tally.get():
            count.reads += 1
        return await self._documents.read_newest(container, partition, document_id)

    async def read_newest_in_each(
        self, container: str, partitions: Sequence[Partition], document_id: str
    ) -> list[Document | None]:
        if count := tally.get():
            count.reads += len(partitions)
        return await self._documents.read_newest_in_each(container, partitions, document_id)

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

    async def query(  # noqa: PLR0913  # the port's own signature
        self,
        container: str,
        partition: Partition,
        *conditions: Condition,
        order: Order = ID_ORDER,
        limit: int = 100,
        continuation: str | None = None,
        newest: bool = False,
    ) -> Page:
        if count := tally.get():
            count.queries += 1
        return await self._documents.query(
            container,
            partition,
            *conditions,
            order=order,
            limit=limit,
            continuation=continuation,
            newest=newest,
        )

    async def compact(self) -> None:
        await self._documents.compact()

    async def changes(self, container: str, position: str | None, limit: int) -> Changes:
        return await self._documents.changes(container, position, limit)
