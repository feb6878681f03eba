"""Hosts of other processes on the doubles of Azure's parts, and the API of such a host."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx

from function_app import app
from local.folder import Folder
from local.host.app import Host
from shared.composition import wiring
from shared.ports.documents import Documents
from tests.api import Api
from tests.doubles.cosmos.endpoint import Endpoint
from tests.doubles.cosmos.server import connection_string
from tests.doubles.servicebus import Bus
from tests.e2e.hosts.server import PATIENCE, Server, serving


@contextmanager
def serving_on_azure(
    data: Path, endpoint: Endpoint, database: str, broker: Bus
) -> Iterator[Server]:
    env = {
        "COSMOS": connection_string(endpoint.url),
        "COSMOS_DATABASE": database,
        "SERVICEBUS": broker.connection_string,
    }
    with serving(data, "--store", "cosmos", "--bus", "servicebus", env=env) as server:
        yield server


@asynccontextmanager
async def api_of(url: str, folder: Folder, documents: Documents) -> AsyncIterator[Api]:
    """Yield the API of a host of another process; `documents` are those of its store."""
    wiring.install(folder.backend(documents))
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE) as client:
        yield Api(Host(app, folder), documents, client)
