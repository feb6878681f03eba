"""A host whose feeds stand still until they are called."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from function_app import app
from local.folder import Folder
from local.host.app import Host
from local.store.choice import OpenStore
from tests.api import Api, started


@pytest.fixture
async def still(folder: Folder, open_store: OpenStore) -> AsyncIterator[Api]:
    """The API of a host that works through no plan by itself."""
    host = Host(app, folder, open_store)
    host.functions = [one for one in host.functions if one.name != "move_clients"]
    async with AsyncExitStack() as stack:
        yield await started(host, stack)
