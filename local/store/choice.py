"""The stores that the host supports."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

from local.folder import Folder
from local.store import SqliteDocuments
from shared.composition import wiring
from shared.platform.settings import Settings
from shared.ports.documents import Documents

log = logging.getLogger(__name__)

SWEEP_SECONDS = 300.0  # between removals of expired documents

OpenStore = Callable[[Folder], AbstractAsyncContextManager[Documents]]


@asynccontextmanager
async def sqlite(folder: Folder) -> AsyncIterator[Documents]:
    documents = SqliteDocuments(folder.database)
    sweeping = asyncio.create_task(_sweep(documents))
    try:
        yield documents
    finally:
        sweeping.cancel()
        with suppress(asyncio.CancelledError):
            await sweeping
        documents.close()


@asynccontextmanager
async def cosmos(_: Folder) -> AsyncIterator[Documents]:
    """Open the Cosmos DB account that the settings name."""
    documents = wiring.connect(Settings())
    try:
        yield documents
    finally:
        await documents.close()


async def _sweep(documents: SqliteDocuments) -> None:
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        try:
            await documents.sweep()
        except Exception:  # the next round may succeed
            log.exception("Expired documents could not be removed")


STORES: dict[str, OpenStore] = {"sqlite": sqlite, "cosmos": cosmos}
