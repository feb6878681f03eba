"""A store of each kind."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.ports import Documents
from tests.contracts.stores import STORES, Clock
from tests.cosmos.endpoint import Endpoint


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=sorted(STORES))
async def store(
    request: pytest.FixtureRequest, tmp_path: Path, clock: Clock, cosmos_endpoint: Endpoint
) -> AsyncIterator[Documents]:
    async with STORES[request.param](tmp_path, clock, cosmos_endpoint) as documents:
        yield documents
