"""What many tests start from."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from function_app import app
from local import demo
from local.folder import Folder
from local.host.app import Host
from local.store import SqliteDocuments
from tests.api import COMPANY, Api, started
from tests.cosmos.endpoint import Endpoint
from tests.cosmos.server import served


@pytest.fixture(scope="session")
def cosmos_server() -> Iterator[Endpoint]:
    with served(Endpoint()) as endpoint:
        yield endpoint


@pytest.fixture
def cosmos_endpoint(cosmos_server: Endpoint) -> Endpoint:
    """The endpoint in good order; every test names databases of its own."""
    cosmos_server.reset()
    return cosmos_server


@pytest.fixture
def now() -> datetime:
    return datetime(2031, 5, 4, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def configured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the demo company and nobody in it but the default customer."""
    folder = Folder(tmp_path_factory.mktemp("configured"))

    async def configure() -> None:
        documents = SqliteDocuments(folder.database)
        errand = folder.backend(documents).errand(COMPANY, "application:test", datetime.now(UTC))
        await demo.configure(errand)
        documents.close()

    asyncio.run(configure())
    return folder.path


@pytest.fixture
def folder(configured: Path, tmp_path: Path) -> Folder:
    return Folder(shutil.copytree(configured, tmp_path / "data"))


@pytest.fixture
async def api(folder: Folder) -> AsyncIterator[Api]:
    async with AsyncExitStack() as stack:
        yield await started(Host(app, folder), stack)
