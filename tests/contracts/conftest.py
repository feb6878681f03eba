"""A store of each kind; with `--account` the real one instead."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.ports.documents import Documents
from tests.contracts.stores import STORES, Clock
from tests.doubles.cosmos.endpoint import Endpoint


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "store_name" in metafunc.fixturenames:
        real = metafunc.config.getoption("--account")
        metafunc.parametrize("store_name", ["account"] if real else ["cosmos", "sqlite"])


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(
    request: pytest.FixtureRequest,
    store_name: str,
    tmp_path: Path,
    clock: Clock,
    cosmos_endpoint: Endpoint,
) -> AsyncIterator[Documents]:
    if store_name == "account" and request.node.get_closest_marker("own_store"):
        pytest.skip("a real account has its own clock, and a feed that others write to")
    async with STORES[store_name](tmp_path, clock, cosmos_endpoint) as documents:
        yield documents
