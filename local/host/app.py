"""The host as one ASGI app: HTTP in every process, everything else in the one that leads."""

import asyncio
import gc
import json
import logging
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import azure.functions as func
from filelock import FileLock, Timeout

from local.bus.choice import OpenBus, Source, embedded
from local.folder import Folder
from local.host import feeds, timers
from local.host import messages as buses
from local.host.admin import PREFIX, Admin
from local.host.functions import Function, read_functions
from local.host.http import HttpEdge, Receive, Scope, Send
from local.insights import OpenInsights
from local.insights import embedded as imported
from local.store.choice import OpenStore, sqlite
from local.telemetry import OpenTelemetry, as_installed
from shared.composition import wiring
from shared.platform.topology import database
from shared.ports.documents import Documents

log = logging.getLogger(__name__)

ROOT = Path(__file__).parent.parent.parent
LOOK_FOR_LEADER = 1.0  # seconds
AFTER_TROUBLE = 2.0  # seconds


@dataclass
class Host:
    """One process of the host, working in a data folder."""

    app: func.FunctionApp
    folder: Folder
    open_store: OpenStore = sqlite
    open_bus: OpenBus = embedded
    open_insights: OpenInsights = imported
    open_telemetry: OpenTelemetry = as_installed

    def __post_init__(self) -> None:
        settings = {"COSMOS_DATABASE": database()}
        self.functions = read_functions(self.app, settings)
        master = self.folder.key("master").hex()
        self.admin = Admin(self.functions, master)
        keys = {self.folder.key("function").hex(): 1, master: 2}
        http = [one for one in self.functions if one.kind == "httpTrigger"]
        self.http = HttpEdge(http, prefix=_route_prefix(), keys=keys)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            edge = self.admin if scope["path"].startswith(PREFIX) else self.http
            await edge(scope, receive, send)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Documents]:
        """Open the stores, serve every trigger, and on the way out finish what has begun."""
        with self.open_telemetry():
            async with self.open_store(self.folder) as documents, self._serving(documents):
                yield documents

    @asynccontextmanager
    async def _serving(self, documents: Documents) -> AsyncIterator[None]:
        layout = buses.layout(self.functions)
        async with self.open_bus(self.folder, layout) as bus, self.open_insights() as insights:
            wiring.install(self.folder.backend(documents, bus.port, insights))
            async with self._leading(documents, bus.source):
                yield

    @asynccontextmanager
    async def _leading(self, documents: Documents, source: Source) -> AsyncIterator[None]:
        leading = asyncio.create_task(self._lead(documents, source))
        gc.collect()
        gc.freeze()
        # The thread that writes asks for the interpreter often and briefly: let it wait less.
        sys.setswitchinterval(0.0005)
        try:
            yield
        finally:
            leading.cancel()
            with suppress(asyncio.CancelledError):
                await leading
            await self.admin.drain()

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        async with self.running():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def _lead(self, documents: Documents, source: Source) -> None:
        """Wait until no other process of this folder leads, then run its feeds and timers."""
        lock = FileLock(self.folder.leader)
        while True:
            try:
                lock.acquire(timeout=0)
                break
            except Timeout:
                await asyncio.sleep(LOOK_FOR_LEADER)
        try:
            async with asyncio.TaskGroup() as group:
                for work in self._work(documents, source):
                    group.create_task(work)
        finally:
            lock.release()

    def _work(self, documents: Documents, source: Source) -> list[Coroutine[Any, Any, None]]:
        serve: dict[str, Callable[[Function], Coroutine[Any, Any, None]]] = {
            "cosmosDBTrigger": lambda one: feeds.follow(one, documents),
            "timerTrigger": timers.tick,
            "serviceBusTrigger": lambda one: buses.receive(one, source),
        }
        served = [one for one in self.functions if one.kind in serve]
        return [_unending(one, serve[one.kind]) for one in served]


async def _unending(
    function: Function, serve: Callable[[Function], Coroutine[Any, Any, None]]
) -> None:
    """Serve on after any trouble, such as a full disk, and without troubling other triggers."""
    while True:
        try:
            await serve(function)
        except Exception:
            log.exception("%s stumbled and goes on", function.name)
        await asyncio.sleep(AFTER_TROUBLE)


def _route_prefix() -> str:
    host = json.loads((ROOT / "host.json").read_text())
    prefix: str = host.get("extensions", {}).get("http", {}).get("routePrefix", "api")
    return prefix
