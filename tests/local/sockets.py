"""The host on a port of this process, and what it answers to bytes."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import uvicorn

from local.host.app import Host
from local.host.wire.limits import LIMITS, UVICORN

PATIENCE = 10.0
OVERTAKEN = 3  # times that an answer may be overtaken by the end of its connection


@dataclass
class Answered:
    """`closed` tells whether the connection ended with the answer."""

    status: int
    headers: dict[str, str]
    body: bytes
    closed: bool

    def json(self) -> Any:
        return json.loads(self.body)


@asynccontextmanager
async def listening(host: Host) -> AsyncIterator[int]:
    """Serve the host that is running; yield its port."""
    config = uvicorn.Config(host, port=0, lifespan="off", **UVICORN)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await serving


async def exchange(port: int, *parts: bytes, pause: float = 0.0) -> Answered | None:
    """Send the parts, one after each pause; return what is answered first, None for nothing.

    Whoever still sends when the host has answered and closed may be cut off before the answer is
    read: TCP does not say which comes first. So it is asked again then.
    """
    for _ in range(OVERTAKEN):
        with suppress(ConnectionResetError):
            return await _exchange(port, *parts, pause=pause)
    return await _exchange(port, *parts, pause=pause)


async def _exchange(port: int, *parts: bytes, pause: float) -> Answered | None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        reading = asyncio.create_task(_read(reader, is_head=parts[0].startswith(b"HEAD ")))
        for part in parts:
            if reading.done():
                break
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)
        return await asyncio.wait_for(reading, PATIENCE)
    except TimeoutError:
        return None
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


@contextmanager
def limits(*, headers: float, grace: float, rate: float) -> Iterator[None]:
    """Let the host wait for so many seconds, and for so many bytes a second."""
    usual = LIMITS.headers, LIMITS.body_grace, LIMITS.body_bytes
    LIMITS.headers, LIMITS.body_grace, LIMITS.body_bytes = headers, grace, rate
    yield
    LIMITS.headers, LIMITS.body_grace, LIMITS.body_bytes = usual


async def _read(reader: asyncio.StreamReader, *, is_head: bool) -> Answered | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.strip().split("\r\n")
    if " 100 " in first:
        return await _read(reader, is_head=is_head)
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    length = 0 if is_head else int(headers.get("content-length", "0"))
    body = await reader.readexactly(length)
    closed = headers.get("connection") == "close" and await reader.read() == b""
    return Answered(int(first.split(" ")[1]), headers, body, closed)
