"""An API whose timers and feeds rest: these tests say themselves what time it is."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from function_app import app
from local.folder import Folder
from local.host.app import Host
from local.store.choice import OpenStore
from tests.api import Api, started


@pytest.fixture
async def api(folder: Folder, open_store: OpenStore) -> AsyncIterator[Api]:
    host = Host(app, folder, open_store)
    host.functions = [function for function in host.functions if function.kind == "httpTrigger"]
    async with AsyncExitStack() as stack:
        yield await started(host, stack)
