"""Fixtures that many tests share."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from function_app import app
from local.demo import company as demo
from local.folder import Folder
from local.host.app import Host
from local.store import SqliteDocuments
from local.store.choice import OpenStore, sqlite
from tests import real
from tests.api import COMPANY, Api, started
from tests.doubles import azurite as blobs
from tests.doubles.azurite import Azurite
from tests.doubles.cosmos.endpoint import Endpoint
from tests.doubles.cosmos.faults import AS_AZURE
from tests.doubles.cosmos.server import served
from tests.doubles.cosmos.stores import cosmos_documents
from tests.personal_data import PersonalDataRecorder, check, recording

CONFIGURED = "configured"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--store", choices=["sqlite", "cosmos"], default="sqlite",
        help="the store for the tests of the API: the embedded one, or the SDK with an endpoint",
    )  # fmt: skip
    parser.addoption(
        "--as-azure", action="store_true",
        help="let the endpoint have two partitions that split, a budget, and replicas that lag",
    )  # fmt: skip
    parser.addoption(
        "--long", action="store_true",
        help="run the same tests at a larger size: thousands of examples, all real customers",
    )  # fmt: skip
    parser.addoption(
        "--account", action="store_true",
        help="run the contract tests against the Cosmos DB account that the settings name",
    )  # fmt: skip


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Count what was skipped at the very end, so that nobody overlooks it."""
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped:
        terminalreporter.write_line(f"{len(skipped)} tests were skipped: see the reasons above")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With `--store=cosmos`, run only the tests that use the chosen store, and depend on it."""
    if config.getoption("--store") == "sqlite":
        return
    chosen = [
        item
        for item in items
        if "open_store" in getattr(item, "fixturenames", ())
        and not item.get_closest_marker("refused_at_the_door")
    ]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen


@pytest.fixture(scope="session")
def recorder() -> Iterator[PersonalDataRecorder]:
    with recording() as recorder:
        yield recorder


@pytest.fixture(autouse=True)
def _no_personal_data_leaks(recorder: PersonalDataRecorder) -> Iterator[None]:
    """Fail the test in which personal data gets into a log or a span."""
    yield
    check(recorder)


@pytest.fixture(scope="session")
def cosmos_server() -> Iterator[Endpoint]:
    with served(Endpoint()) as endpoint:
        yield endpoint


@pytest.fixture
def cosmos_endpoint(cosmos_server: Endpoint, pytestconfig: pytest.Config) -> Endpoint:
    """The endpoint without faults; every test names databases of its own."""
    cosmos_server.reset()
    if pytestconfig.getoption("--as-azure"):
        cosmos_server.conditions = AS_AZURE
    return cosmos_server


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """The service of blobs; each test empties it before it begins."""
    with blobs.serving(tmp_path_factory.mktemp("azurite")) as azurite:
        yield azurite


@pytest.fixture(scope="session")
def scale(pytestconfig: pytest.Config) -> Callable[[int, int], int]:
    """Return the size of a test: the first number, or with `--long` the second."""
    is_long = pytestconfig.getoption("--long")
    return lambda quick, long: long if is_long else quick


@pytest.fixture(scope="session")
def real_customers(pytestconfig: pytest.Config) -> Path:
    """A file of real customers: 600, or with `--long` all 18,148."""
    return real.real_customers(pytestconfig)


@pytest.fixture
def now() -> datetime:
    return datetime(2031, 5, 4, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def configured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the demo company and no customer but the default customer."""
    folder = Folder(tmp_path_factory.mktemp("configured"))

    async def configure() -> None:
        documents = SqliteDocuments(folder.database)
        context = folder.backend(documents).context(COMPANY, "application:test", datetime.now(UTC))
        await demo.configure(context)
        documents.close()

    asyncio.run(configure())
    return folder.path


@pytest.fixture
def folder(configured: Path, tmp_path: Path) -> Folder:
    return Folder(shutil.copytree(configured, tmp_path / "data"))


@pytest.fixture(scope="session")
def configured_cosmos(cosmos_server: Endpoint, configured: Path) -> str:
    """A database with the same content."""

    async def configure() -> None:
        async with cosmos_documents(cosmos_server, CONFIGURED) as documents:
            context = (
                Folder(configured)
                .backend(documents)
                .context(COMPANY, "application:test", datetime.now(UTC))
            )
            await demo.configure(context)

    asyncio.run(configure())
    return CONFIGURED


@pytest.fixture
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> OpenStore:
    """The store that the API's tests run on: `--store`."""
    if request.config.getoption("--store") == "sqlite":
        return sqlite
    source: str = request.getfixturevalue("configured_cosmos")
    endpoint: Endpoint = request.getfixturevalue("cosmos_endpoint")
    endpoint.copy(source, tmp_path.name)
    return lambda _: cosmos_documents(endpoint, tmp_path.name)


@pytest.fixture
async def api(folder: Folder, open_store: OpenStore) -> AsyncIterator[Api]:
    async with AsyncExitStack() as stack:
        yield await started(Host(app, folder, open_store), stack)
