"""A lean client for load: keep-alive connections, each with one request in flight."""

import asyncio
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
_STORE = re.compile(rb"reads=(\d+) queries=(\d+) commits=(\d+) scattered=(\d+)")


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()

    def encoded(self, host: str, token: str) -> bytes:
        """Return the bytes of the request; a list of bodies is sent as lines of JSON."""
        body = _body(self.body)
        headers = {"Host": host, "Authorization": f"Bearer {token}", **dict(self.headers)}
        if body:
            headers.setdefault("Content-Type", "application/json")
            headers["Content-Length"] = str(len(body))
        lines = [f"{self.method} {self.path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def _body(value: Any) -> bytes:
    if value is None:
        return b""
    if isinstance(value, list):
        return b"\n".join(json.dumps(line).encode() for line in value)
    return json.dumps(value).encode()


@dataclass
class Result:
    """`seconds` of the whole run; `times` of each request; `statuses` counted."""

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    store_operations: int = 0
    bodies: list[bytes] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return len(self.times) / self.seconds

    def percentile(self, share: float) -> float:
        """Return milliseconds."""
        ordered = sorted(self.times)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000


async def run(  # noqa: PLR0913  # the parts of a load
    requests: Iterator[Request],
    *,
    host: str,
    port: int,
    token: str,
    concurrency: int,
    seconds: float | None = None,
    keep: Callable[[int], bool] | None = None,
) -> Result:
    """Send until the requests or the seconds are used up."""
    result = Result()
    end = None if seconds is None else time.perf_counter() + seconds
    started = time.perf_counter()

    async def connection() -> None:
        reader, writer = await asyncio.open_connection(host, port)
        for request in requests:
            if end and time.perf_counter() > end:
                break
            data = request.encoded(host, token)
            sent = time.perf_counter()
            writer.write(data)
            status, body, store = await _answer(reader)
            result.times.append(time.perf_counter() - sent)
            result.statuses[status] = result.statuses.get(status, 0) + 1
            result.store_operations += store
            if keep and keep(status):
                result.bodies.append(body)
        writer.close()

    await asyncio.gather(*(connection() for _ in range(concurrency)))
    result.seconds = time.perf_counter() - started
    return result


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes, int]:
    head = await reader.readuntil(b"\r\n\r\n")
    length = _LENGTH.search(head)
    body = await reader.readexactly(int(length[1])) if length else b""
    counts = _STORE.search(head)
    return int(head[9:12]), body, sum(map(int, counts.groups())) if counts else 0
