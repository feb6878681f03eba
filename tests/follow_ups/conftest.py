"""A host with follow-ups switched on, with and without its feeds."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from function_app import app
from local.folder import Folder
from local.host.app import Host
from local.store.choice import OpenStore
from tests.api import (
    ADMINISTRATOR,
    Api,
    started,
)


@pytest.fixture
async def host(folder: Folder, open_store: OpenStore) -> Host:
    """A host whose clock of follow-ups stands still, and whose feed does if a test says so."""
    host = Host(app, folder, open_store)
    host.functions = [one for one in host.functions if one.name != "make_follow_ups"]
    return host


@pytest.fixture
async def api(host: Host) -> AsyncIterator[Api]:
    async with AsyncExitStack() as stack:
        api = await started(host, stack)
        await api.call(
            "DELETE", "settings/follow-up-rules/Birthday", bearer=ADMINISTRATOR, if_match="*"
        )
        yield api


@pytest.fixture
async def still(host: Host) -> AsyncIterator[Api]:
    """An API whose feeds of follow-ups and cards rest too."""
    feeds = {"move_follow_ups", "keep_cards"}
    host.functions = [one for one in host.functions if one.name not in feeds]
    async with AsyncExitStack() as stack:
        yield await started(host, stack)
