"""A store with a clock that can be set."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from local.store import SqliteDocuments
from tests.jobs.scenes import (
    Clock,
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def documents(tmp_path: Path, clock: Clock) -> AsyncIterator[SqliteDocuments]:
    documents = SqliteDocuments(tmp_path / "jobs.db", clock=clock)
    yield documents
    documents.close()
