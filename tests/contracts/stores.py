"""The adapters that the contract holds for, each over a store of its own for each test."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from local.store import SqliteDocuments
from shared.ports import Documents
from tests.cosmos.endpoint import Endpoint
from tests.cosmos.stores import cosmos_documents


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


Opened = Callable[[Path, Clock, Endpoint], AbstractAsyncContextManager[Documents]]
STORES: dict[str, Opened] = {"sqlite": sqlite, "cosmos": cosmos}
