"""The host as one ASGI app: HTTP in every process, feeds, timers and queues in one leader."""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import azure.functions as func

from local.bus.choice import OpenBus, Source, embedded
from local.folder import Folder
from local.host.functions import read_functions
from local.host.leader import Pace, lead
from local.host.messages import layout
from local.host.web.front import Front
from local.host.wire.bodies import Receive, Scope, Send
from local.insights import OpenInsights
from local.insights import embedded as imported_values
from local.store.choice import OpenStore, sqlite
from local.telemetry import OpenTelemetry, as_installed
from shared.composition import wiring
from shared.ports.documents import Documents


@dataclass
class Host:
    """One process of the host, working in a data folder.

    With `azure_polls` it looks for changes as rarely as the triggers say, instead of at once. It
    `makes_up` for timers that were due while no host ran.
    """

    app: func.FunctionApp
    folder: Folder
    open_store: OpenStore = sqlite
    open_bus: OpenBus = embedded
    open_insights: OpenInsights = imported_values
    open_telemetry: OpenTelemetry = as_installed
    azure_polls: bool = False
    makes_up: bool = False

    def __post_init__(self) -> None:
        self.functions = read_functions(self.app)
        master = self.folder.key("master").hex()
        keys = {self.folder.key("function").hex(): 1, master: 2}
        self.front = Front(self.functions, keys)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._run_lifespan(receive, send)
        elif scope["type"] == "http":
            await self.front(scope, receive, send)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Documents]:
        """Open the stores and serve every trigger; on exit, finish the work in progress."""
        with self.open_telemetry():
            async with self.open_store(self.folder) as documents, self._serving(documents):
                yield documents

    @asynccontextmanager
    async def _serving(self, documents: Documents) -> AsyncIterator[None]:
        open_bus = self.open_bus(self.folder, layout(self.functions))
        async with open_bus as bus, self.open_insights() as insights:
            backend = wiring.install(self.folder.backend(documents, bus.port, insights))
            async with self._leading(documents, bus.source):
                yield
            await backend.access_log.close()

    @asynccontextmanager
    async def _leading(self, documents: Documents, source: Source) -> AsyncIterator[None]:
        leading = asyncio.create_task(self._lead(documents, source))
        gc.collect()
        gc.freeze()
        # The writer thread needs the interpreter often and briefly: shorten its wait.
        sys.setswitchinterval(0.0005)
        try:
            yield
        finally:
            leading.cancel()
            with suppress(asyncio.CancelledError):
                await leading
            await self.front.admin.drain()

    async def _lead(self, documents: Documents, source: Source) -> None:
        await lead(
            self.folder.leader,
            self.functions,
            documents,
            source,
            pace=Pace(azure_polls=self.azure_polls, makes_up=self.makes_up),
        )

    async def _run_lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        async with self.running():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})
