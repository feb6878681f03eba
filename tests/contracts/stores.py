"""The adapters that the contract holds for, each over a store of its own for each test."""

import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

from local.store import SqliteDocuments
from shared.composition import wiring
from shared.composition.metered import Metered
from shared.platform.settings import Settings
from shared.ports.documents import (
    Condition,
    Document,
    Documents,
    Operation,
    Page,
    Partition,
    Placed,
)
from tests.doubles.cosmos.endpoint import Endpoint
from tests.doubles.cosmos.stores import cosmos_documents


class Clock:
    """Time as the test wants it."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def sqlite(folder: Path, clock: Clock, _: Endpoint) -> AsyncIterator[Documents]:
    documents = SqliteDocuments(folder / "libro.db", clock=clock)
    yield documents
    documents.close()


@asynccontextmanager
async def cosmos(folder: Path, clock: Clock, endpoint: Endpoint) -> AsyncIterator[Documents]:
    endpoint.clock = clock
    async with cosmos_documents(endpoint, folder.name) as documents:
        yield documents


class Apart(Metered):
    """A store that others use too: every test has partitions of its own."""

    def __init__(self, documents: Documents) -> None:
        super().__init__(documents)
        self._prefix = uuid.uuid4().hex

    async def read(self, container: str, partition: Partition, document_id: str) -> Document | None:
        return await super().read(container, self._own(partition), document_id)

    async def commit(
        self, container: str, partition: Partition, operations: Sequence[Operation]
    ) -> list[str]:
        return await super().commit(container, self._own(partition), operations)

    async def scatter(self, container: str, writes: Sequence[Placed], seal: Placed) -> str:
        placed = [Placed(self._own(one.partition), one.operation) for one in (*writes, seal)]
        return await super().scatter(container, placed[:-1], placed[-1])

    async def query(
        self, container: str, partition: Partition, *conditions: Condition, **how: Any
    ) -> Page:
        return await super().query(container, self._own(partition), *conditions, **how)

    def _own(self, partition: Partition) -> Partition:
        return (*partition[:-1], f"{self._prefix}-{partition[-1]}")


@asynccontextmanager
async def account(_: Path, __: Clock, ___: Endpoint) -> AsyncIterator[Documents]:
    documents = wiring.connect(Settings())
    try:
        yield Apart(documents)
    finally:
        await documents.close()


Opened = Callable[[Path, Clock, Endpoint], AbstractAsyncContextManager[Documents]]
STORES: dict[str, Opened] = {"sqlite": sqlite, "cosmos": cosmos, "account": account}
