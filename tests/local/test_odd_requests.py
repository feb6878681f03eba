"""Hundreds of odd requests, in bytes: each is answered, in words, and none is a fault of ours."""

import asyncio
from itertools import product

from function_app import app
from local.folder import Folder
from local.host.app import Host
from local.tokens import Bearer
from tests.api import ADMINISTRATOR, APPLICATION, COMPANY, MANAGER
from tests.local.sockets import Answered, exchange, limits, listening

BASE = b"/api/v1/USRT/"
METHODS = [
    b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"TRACE", b"CONNECT",
    b"PURGE", b"PROPFIND", b"get", b"NOPE", b"", b"G\x00T",
]  # fmt: skip
PATHS = [
    b"/", b"*", b"//", b"/api", b"/api/", b"/api/v1", b"/api/v1/USRT", b"/api/v1/usrt/customers",
    b"/api/v1/%55SRT/customers", b"/api/v1/US%2FRT/customers", b"/api/v1/../v1/USRT/customers",
    b"/api/v1/%00/customers", b"/admin", b"/admin/functions/relay_events", b"/admin/host/status",
    b"/runtime/webhooks", b"/api/docs", b"/api/docs/nothing.js", b"/api/docs/..%2f..%2fetc",
    b"http://elsewhere/api/health/live", b"elsewhere:80", b"/api/health/live?", b"/api/\xff\xfe",
    b"/api/%", b"/api/%zz", b"/favicon.ico", BASE + b"x" * 20_000, BASE + b"%2e" * 500,
    BASE + b"customers?" + b"&" * 2000, BASE + b"customers?limit=" + b"9" * 5000,
    BASE + b"customers?q=%ff%fe%00", BASE + b"customers?limit=1_0", BASE + b"customers?limit=%205",
    BASE + b"customers?limit=\xd9\xa1", BASE + b"customers?cursor=" + b"A" * 1900,
    BASE + b"customers/%F0%9F%92%A9", BASE + b"customers/" + b"a" * 201, BASE + b"customers/..",
    BASE + b"settings/nothing/x", BASE + b"settings/stores/%2F",
]  # fmt: skip
HEADERS = [
    b"Accept: nothing/at-all", b"Accept: " + b"a/b," * 3000, b"Accept-Language: " + b"x-" * 9000,
    b"Content-Type: ", b"Content-Type: application/json; charset=utf-16", b"Content-Type: \xff",
    b"Content-Encoding: gzip", b"Content-Encoding: br", b"Content-Encoding: identity, gzip",
    b"Content-Length: 7", b"Content-Length: +1", b"Content-Length: 0x1", b"Content-Length: -1",
    b"Content-Length: 99999999999999999999", b"Content-Length: 104857601", b"Content-Length: 1, 1",
    b"Transfer-Encoding: chunked", b"Transfer-Encoding: xchunked", b"Transfer-Encoding : chunked",
    b"Expect: 100-continue", b"Expect: nothing", b"Upgrade: websocket\r\nConnection: Upgrade",
    b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
    b"If-Match: ", b'If-Match: "*"', b'If-Match: "a", "b"', b"If-Match: W/", b"If-Match: \xff",
    b"If-None-Match: ,", b"If-None-Match: *", b"If-Modified-Since: never", b"Range: bytes=9-1",
    b"X-Session: customers 0:-1#9", b"X-Session: \xff", b"X-Session: " + b"A" * 5000,
    b"Idempotency-Key: ", b"Idempotency-Key: \xff", b"Idempotency-Key: " + b"k" * 256,
    b"traceparent: 00-0-0-00", b"traceparent: \xff", b"Prefer: " + b"respond-async," * 100,
    b"Host: ", b"Host: evil\r\nHost: other", b"Host: [::1", b"No colon here", b": no name",
    b" folded: yes", b"A" * 9000 + b": b", b"X-Null: a\x00b", b"X-Line: a\nb", b"Cookie: a=b",
    b"Authorization: Basic YTpi", b"Authorization: Bearer", b"Authorization: Bearer a.b.c",
    b"Authorization: Bearer " + b"e" * 9000, b"Authorization: \xff", b"Connection: close",
    b"Origin: null", b"X-HTTP-Method-Override: DELETE", b"X-Forwarded-For: 127.0.0.1",
]  # fmt: skip
BODIES = [
    b"", b"{", b"null", b"[]", b'""', b"{}" + b" " * 1_100_000, b"\xef\xbb\xbf{}",
    b"\xff\xfe{\x00}\x00",
    b"[" * 100_000, b'{"a":' * 300, b"1e400", b"NaN", b"9" * 5000, b'{"storeNumber":"\\ud800"}',
    b'{"storeNumber":"HOUSTON","storeNumber":"X"}', b'{"store_number":"HOUSTON"}', b"\x00",
    b'{"__proto__":{}}', b'{"contacts":' + b"[" + b"{}," * 9999 + b"{}]}", b"<a/>",
]  # fmt: skip
MIN_REQUESTS = 300
AT_ONCE = 20
MEMBERS = {"type", "title", "status", "detail", "instance", "code", "traceId"}


def a_request(method: bytes, path: bytes, *lines: bytes, body: bytes | None = None) -> bytes:
    length = [] if body is None else [b"Content-Length: %d" % len(body)]
    head = [method + b" " + path + b" HTTP/1.1", b"Host: here", *lines, *length]
    return b"\r\n".join(head) + b"\r\n\r\n" + (body or b"")


def requests(tokens: list[bytes]) -> list[bytes]:
    application, *others = tokens
    json = b"Content-Type: application/json"
    return [
        *(a_request(method, path) for method, path in product(METHODS, PATHS[:12:2])),
        *(a_request(b"GET", path, token) for path in PATHS for token in tokens),
        *(a_request(b"POST", path, application, body=b"{}") for path in PATHS),
        *(a_request(b"GET", BASE + b"customers/000001", application, line) for line in HEADERS),
        *(a_request(b"POST", BASE + b"customers", application, json, line) for line in HEADERS),
        *(a_request(b"PATCH", BASE + b"parameters", *others[:1], line, json, body=b"{}")
          for line in HEADERS),
        *(a_request(b"POST", BASE + path, application, json, body=body)
          for body in BODIES for path in (b"customers", b"customer-lookups", b"imports?store=X")),
        *(a_request(b"PUT", BASE + b"settings/stores/X", others[0], json, body=body)
          for body in BODIES),
        b"\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET /api/health/live HTTP/1.0\r\n\r\n",
    ]  # fmt: skip


def flaw(answer: Answered | None, request: bytes) -> str | None:
    """Return what is wrong with the answer, or None."""
    if answer is None:
        return "no answer"
    is_refusal = answer.status >= 400
    is_head = request.startswith(b"HEAD ")
    faults = {
        f"a fault of ours: {answer.status}": answer.status >= 500,
        "its type may be guessed at": answer.headers.get("x-content-type-options") != "nosniff",
        "it may be stored": is_refusal and answer.headers.get("cache-control") != "no-store",
        f"{answer.status} without words": is_refusal and not is_head and not is_problem(answer),
    }
    return next((fault for fault, is_there in faults.items() if is_there), None)


def is_problem(answer: Answered) -> bool:
    media_type = answer.headers.get("content-type")
    return media_type == "application/problem+json" and answer.json().keys() >= MEMBERS


async def test_every_odd_request_is_answered_in_words(folder: Folder) -> None:
    host = Host(app, folder)
    customer = Bearer("Customer", (COMPANY,), customer_id="000001")
    bearers = (APPLICATION, ADMINISTRATOR, MANAGER, customer)
    tokens = [b"Authorization: Bearer " + folder.tokens().issue(one).encode() for one in bearers]
    odd = requests(tokens)
    at_once = asyncio.Semaphore(AT_ONCE)

    async def ask(request: bytes) -> str | None:
        async with at_once:
            answer = await exchange(port, request)
            return flaw(answer, request)

    async with host.running(), listening(host) as port:
        with limits(headers=0.5, grace=0.5, rate=100_000.0):
            flaws = await asyncio.gather(*map(ask, odd))

    assert len(odd) >= MIN_REQUESTS
    wrong = {request[-90:]: flaw for request, flaw in zip(odd, flaws, strict=True) if flaw}
    assert wrong == {}
