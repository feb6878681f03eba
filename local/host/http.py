"""HTTP triggers: what the real host does between the socket and the function."""

import hmac
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import azure.functions as func

from local.host.functions import Function
from local.host.routes import Table, decoded_path

log = logging.getLogger(__name__)

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Answer = tuple[int, list[tuple[bytes, bytes]], bytes]

LARGEST_BODY = 104_857_600
LEVELS = {"ANONYMOUS": 0, "FUNCTION": 1, "ADMIN": 2}
BODILESS = frozenset({204, 205, 304})


class HttpEdge:
    def __init__(
        self, functions: Iterable[Function], *, prefix: str, keys: Mapping[str, int]
    ) -> None:
        """Take the function keys by their level: 1 for function keys, 2 for the master key."""
        self._keys = keys
        self.table = Table(prefix)
        for one in functions:
            route = one.trigger.get("route") or one.name
            self.table.add(one.name, route, one.trigger.get("methods"), one)
        for first, second in self.table.overlaps():
            log.warning(
                "The route %s of %s hides %s of %s: routes are tried in order of function names",
                first.template.text, first.name, second.template.text, second.name,
            )  # fmt: skip

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        status, headers, body = await self._respond(scope, receive)
        if status not in BODILESS:
            headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _respond(self, scope: Scope, receive: Receive) -> Answer:
        found = self.table.find(scope["method"], decoded_path(scope["raw_path"]))
        if found is None:
            return 404, [], b""
        function, route = found
        headers = _headers(scope["headers"])
        query = scope["query_string"].decode("latin-1")
        params = _params(query) if query else {}
        if not self._admits(function, headers, params):
            return 401, [], b""
        body = await _body(function, headers, receive)
        if body is None:
            return 413, [], b""
        url = _url(scope, headers, query)
        request = func.HttpRequest(
            method=scope["method"],
            url=url,
            headers=headers,
            params=params,
            route_params=route,
            body=body,
        )
        return await _run(function, request)

    def _admits(
        self, function: Function, headers: Mapping[str, str], params: Mapping[str, str]
    ) -> bool:
        needed = LEVELS[str(function.trigger.get("authLevel", "FUNCTION")).upper()]
        if needed == 0:
            return True
        given = headers.get("x-functions-key", params.get("code", ""))
        return any(
            hmac.compare_digest(given.encode(), key.encode()) and level >= needed
            for key, level in self._keys.items()
        )


async def _run(function: Function, request: func.HttpRequest) -> Answer:
    try:
        return _answer(await function.invoke(request))
    except Exception:
        log.exception("Executed 'Functions.%s' (Failed)", function.name)
        return 500, [], b""


def _headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return the headers with lower-case names; those that repeat are joined by a comma."""
    found: dict[str, str] = {}
    for name_bytes, value_bytes in raw:
        name, value = name_bytes.decode("latin-1"), value_bytes.decode("latin-1")
        found[name] = f"{found[name]},{value}" if name in found else value
    return found


def _params(query: str) -> dict[str, str]:
    """Return the query as the host gives it to Python: repeats joined, empty values dropped."""
    found: dict[str, str] = {}
    for name, value in parse_qsl(query):
        known = next((one for one in found if one.lower() == name.lower()), name)
        found[known] = f"{found[known]},{value}" if known in found else value
    return found


async def _body(function: Function, headers: Mapping[str, str], receive: Receive) -> bytes | None:
    """Return the body, None if it is too large. Without a Content-Length the host drops it."""
    length = headers.get("content-length", "")
    if not length.isdigit() or length == "0":
        if "transfer-encoding" in headers:
            log.warning("%s: a chunked body is dropped, as the host does", function.name)
        return b""
    if int(length) > LARGEST_BODY:
        return None
    chunks = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


def _url(scope: Scope, headers: Mapping[str, str], query: str) -> str:
    path = scope["raw_path"].decode("latin-1").partition("?")[0]
    base = f"{scope['scheme']}://{headers.get('host', '')}{path}"
    return f"{base}?{query}" if query else base


def _answer(response: Any) -> Answer:
    if not isinstance(response, func.HttpResponse):
        raise TypeError(f"an HTTP function must return HttpResponse, not {type(response).__name__}")
    headers = {
        name.lower().encode("latin-1"): value.encode("latin-1")
        for name, value in response.headers.items()
    }
    body = response.get_body()
    if body or response.status_code not in BODILESS:
        charset = f"; charset={response.charset}" if response.mimetype.startswith("text/") else ""
        headers.setdefault(b"content-type", f"{response.mimetype}{charset}".encode("latin-1"))
    return response.status_code, list(headers.items()), body
