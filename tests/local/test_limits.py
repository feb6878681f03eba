"""What the host does with callers that are slow, far away, or leave: over sockets, in bytes."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import httpx
import pytest

from function_app import app
from local.folder import Folder
from local.host.app import Host
from tests.api import APPLICATION
from tests.local.sockets import PATIENCE, Answered, exchange, limits, listening

HEADERS, GRACE, RATE = 0.4, 0.4, 1000.0  # seconds, seconds, bytes a second
LIVE = b"GET /api/health/live HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def _small_limits() -> Iterator[None]:
    with limits(headers=HEADERS, grace=GRACE, rate=RATE):
        yield


@pytest.fixture
async def host(folder: Folder) -> AsyncIterator[Host]:
    host = Host(app, folder)
    async with host.running():
        yield host


@pytest.fixture
async def port(host: Host) -> AsyncIterator[int]:
    async with AsyncExitStack() as stack:
        yield await stack.enter_async_context(listening(host))


def a_post(host: Host, length: int, *headers: bytes) -> bytes:
    token = host.folder.tokens().issue(APPLICATION).encode()
    lines = [
        b"POST /api/v1/USRT/customers HTTP/1.1", b"Host: x", b"Content-Type: application/json",
        b"Authorization: Bearer " + token, b"Content-Length: %d" % length, *headers,
    ]  # fmt: skip
    return b"\r\n".join(lines) + b"\r\n\r\n"


def is_refused(answer: Answered | None, status: int, code: str) -> bool:
    assert answer
    assert (answer.status, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    return answer.closed


@pytest.mark.usefixtures("_small_limits")
@pytest.mark.parametrize(
    "parts",
    [
        [LIVE[n : n + 1] for n in range(len(LIVE) - 1)],
        [b"GET /api/health/live HTTP/1.1\r\n", *[b"X-A: b\r\n"] * 20],
        [b"\r\n"] * 20,
        [b"GET "],
    ],
    ids=["byte by byte", "without an end", "only line breaks", "and then nothing"],
)
async def test_headers_have_to_come_in_time(port: int, parts: list[bytes]) -> None:
    began = time.monotonic()
    answer = await exchange(port, *parts, pause=0.1)

    assert is_refused(answer, 408, "request-timeout")
    assert time.monotonic() - began >= HEADERS


@pytest.mark.usefixtures("_small_limits")
async def test_headers_of_the_next_request_have_to_come_in_time_too(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(3):
        writer.write(LIVE)
        assert b" 200 " in await reader.readuntil(b"\r\n")
        await reader.readuntil(b'"ok"}')
        await asyncio.sleep(HEADERS * 0.7)
    writer.write(LIVE[:20])
    async with asyncio.timeout(PATIENCE):
        rest = await reader.read()
    writer.close()

    assert b" 408 " in rest


@pytest.mark.usefixtures("_small_limits")
async def test_a_body_has_to_come_in_time(host: Host, port: int) -> None:
    began = time.monotonic()
    slow = await exchange(port, a_post(host, 400), *[b" "] * 40, pause=0.05)
    taken = time.monotonic() - began
    stopped = await exchange(port, a_post(host, 4000) + b" " * 500)

    assert is_refused(slow, 408, "request-timeout")
    assert is_refused(stopped, 408, "request-timeout")
    assert taken >= GRACE


async def test_a_body_that_is_fast_enough_may_take_long(host: Host, port: int) -> None:
    body = b'{"storeNumber": "HOUSTON", "lastName": "Berg"' + b" " * 900 + b"}"
    parts = [body[n : n + 100] for n in range(0, len(body), 100)]
    began = time.monotonic()
    with limits(headers=PATIENCE, grace=2.0, rate=200.0):
        answer = await exchange(port, a_post(host, len(body)), *parts, pause=0.25)

    assert answer
    assert (answer.status, answer.closed) == (201, False), answer.body
    assert time.monotonic() - began > 2.0


@pytest.mark.parametrize("begun", [b"", b"X-Long: "])
async def test_a_head_without_an_end_is_not_kept(port: int, begun: bytes) -> None:
    """In the first line, or in a header: long before its time is over."""
    head = b"GET /api/health/live" + (b" HTTP/1.1\r\nHost: x\r\n" + begun if begun else b"?")
    answer = await exchange(port, head, *[b"y" * 10_000] * 30, pause=0.01)

    assert answer
    assert is_refused(answer, 431 if begun else 414, answer.json()["code"])


@pytest.mark.parametrize(
    "odd", [b"GET /?" + b"x" * 9_000 + b" HTTP/1.1\r\n\r\n", b"no request\r\n\r\n"]
)
async def test_a_refusal_is_not_taken_for_the_answer_to_the_request_before(
    host: Host, port: int, odd: bytes
) -> None:
    """Two requests in one packet: the first is answered, and the connection ends."""
    body = b'{"storeNumber": "HOUSTON", "lastName": "First"}'
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(a_post(host, len(body)) + body + odd)
    async with asyncio.timeout(PATIENCE):
        answered = await reader.read()
    writer.close()

    assert answered.startswith(b"HTTP/1.1 201 ")
    assert answered.count(b"HTTP/1.1 ") == 1


async def test_who_hangs_up_within_a_body_changes_nothing(host: Host, port: int) -> None:
    body = b'{"storeNumber": "HOUSTON", "lastName": "Half"}'
    for part in (body, body[:20]):  # whole JSON as well: more was announced
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(a_post(host, len(body) + 1) + part)
        await writer.drain()
        writer.close()
        await writer.wait_closed()
    await asyncio.sleep(0.1)
    headers = {"Authorization": f"Bearer {host.folder.tokens().issue(APPLICATION)}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers) as client:
        found = await client.get("/api/v1/USRT/customers?q=half")

    assert found.json()["items"] == []


async def test_a_body_that_nobody_reads_ends_the_connection(host: Host, port: int) -> None:
    too_large = await exchange(port, a_post(host, 104_857_601) + b" " * 1000)
    unknown = await exchange(port, b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
    chunked = await exchange(
        port,
        b"POST /api/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
    )
    read = await exchange(port, LIVE)

    assert is_refused(too_large, 413, "body-too-large")
    assert is_refused(unknown, 404, "no-such-resource")
    assert is_refused(chunked, 404, "no-such-resource")
    assert read
    assert (read.status, read.closed) == (200, False)


async def test_forwarded_headers_are_not_believed(host: Host, port: int) -> None:
    """Neither the address of the caller nor that of the app comes from a header."""
    token = host.folder.tokens().issue(APPLICATION)
    headers = {
        "Authorization": f"Bearer {token}", "X-Forwarded-For": "8.8.8.8",
        "Forwarded": "for=8.8.8.8", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil",
    }  # fmt: skip
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers) as client:
        made = await client.post(
            "/api/v1/USRT/customers",
            json={
                "storeNumber": "HOUSTON", "lastName": "Berg",
                "contacts": [{"kind": "email", "value": "karen@example.com"}],
            },
        )  # fmt: skip
        linked = await client.post(
            f"{made.headers['Location']}/preference-links", json={"contactId": "1"}
        )
        master = {"x-functions-key": (host.folder.path / "master.key").read_text()}
        started = await client.post("/admin/functions/relay_events", json={}, headers=master)

    assert linked.status_code == 201, linked.text
    assert linked.json()["url"].startswith(f"http://127.0.0.1:{port}/")
    assert started.status_code == 202
