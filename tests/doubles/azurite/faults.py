"""What stands before the service of blobs, and lets it fail as it can fail."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

from aiohttp import ClientSession, web
from yarl import URL

from tests.doubles.azurite import ACCOUNT, Azurite, connection_string

# busy: it answers 503; stalled: it answers nothing; lost: it does what it is asked, and the
# connection breaks before its answer; cut: the connection breaks in the middle of the answer.
Fault = Literal["busy", "stalled", "lost", "cut"]
BUSY = (
    b'<?xml version="1.0" encoding="utf-8"?>'
    b"<Error><Code>ServerBusy</Code><Message>The server is busy.</Message></Error>"
)
OF_THE_CONNECTION = {"host", "transfer-encoding", "content-length", "connection", "keep-alive"}


@dataclass
class Faults:
    """`coming` are the faults of the next requests; `always` those of all after them."""

    azurite: Azurite | None
    url: str = ""
    coming: list[Fault] = field(default_factory=list)
    always: Fault | None = None
    requests: int = 0
    over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def connection_string(self) -> str:
        return connection_string(f"{self.url}/{ACCOUNT}")

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.requests += 1
        fault = self.coming.pop(0) if self.coming else self.always
        if fault == "busy":
            return web.Response(status=503, body=BUSY, headers={"x-ms-error-code": "ServerBusy"})
        if fault == "stalled":
            await self.over.wait()
            return web.Response(status=503)
        response, body = await self._passed_on(request)
        if fault == "lost":
            _break(request)
        if fault == "cut":
            response.content_length = len(body)
            await response.prepare(request)
            await response.write(body[: len(body) // 2])
            _break(request)
        response.body = body
        return response

    async def _passed_on(self, request: web.Request) -> tuple[web.Response, bytes]:
        assert self.azurite
        origin = self.azurite.url.removesuffix(f"/{ACCOUNT}")
        headers = {
            name: value for name, value in request.headers.items()
            if name.lower() not in OF_THE_CONNECTION
        }  # fmt: skip
        async with (
            ClientSession() as session,
            session.request(
                request.method, URL(origin + request.raw_path, encoded=True), headers=headers,
                data=await request.read() or None, ssl=self.azurite.tls,
            ) as answer,
        ):  # fmt: skip
            own = {
                name: value for name, value in answer.headers.items()
                if name.lower() not in OF_THE_CONNECTION
            }  # fmt: skip
            return web.Response(status=answer.status, headers=own), await answer.read()


def _break(request: web.Request) -> None:
    assert request.transport
    request.transport.close()


@asynccontextmanager
async def faulty(azurite: Azurite | None = None) -> AsyncIterator[Faults]:
    """Serve on a free port until the end of the block; without Azurite, faults are all it has."""
    faults = Faults(azurite)
    app = web.Application(client_max_size=2**26)
    app.router.add_route("*", "/{path:.*}", faults.answer)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    faults.url = f"http://{host}:{port}"
    try:
        yield faults
    finally:
        faults.over.set()
        await runner.cleanup()
