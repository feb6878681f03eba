"""HTTP triggers: what the real host does between socket and function."""

import hmac
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import azure.functions as func

from local.host.functions import Function
from local.host.hostfile import route_prefix
from local.host.routes import Table, decoded_path

log = logging.getLogger(__name__)

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Answer = tuple[int, list[tuple[bytes, bytes]], bytes]

MAX_BODY_BYTES = 104_857_600
LEVELS = {"ANONYMOUS": 0, "FUNCTION": 1, "ADMIN": 2}
BODILESS = frozenset({204, 205, 304})


class HttpEdge:
    def __init__(self, functions: Iterable[Function], *, keys: Mapping[str, int]) -> None:
        """`keys` maps each key to its level: 1 for a function key, 2 for the master key."""
        self._keys = keys
        self.table = Table(route_prefix())
        for function in functions:
            route = function.trigger.get("route") or function.name
            self.table.add(function.name, route, function.trigger.get("methods"), function)
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
        match = self.table.find(scope["method"], decoded_path(scope["raw_path"]))
        if match is None:
            return 404, [], b""
        function, route_values = match
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
            route_params=route_values,
            body=body,
        )
        return await _run(function, request)

    def _admits(
        self, function: Function, headers: Mapping[str, str], params: Mapping[str, str]
    ) -> bool:
        level_needed = LEVELS[str(function.trigger.get("authLevel", "FUNCTION")).upper()]
        if level_needed == 0:
            return True
        key_sent = headers.get("x-functions-key", params.get("code", ""))
        return any(
            hmac.compare_digest(key_sent.encode(), key.encode()) and level >= level_needed
            for key, level in self._keys.items()
        )


async def _run(function: Function, request: func.HttpRequest) -> Answer:
    try:
        return _answer(await function.invoke(request))
    except Exception:
        log.exception("Executed 'Functions.%s' (Failed)", function.name)
        return 500, [], b""


def _headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return the headers with lower-case names; repeated ones are joined by a comma."""
    headers: dict[str, str] = {}
    for name_bytes, value_bytes in raw:
        name, value = name_bytes.decode("latin-1"), value_bytes.decode("latin-1")
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    return headers


def _params(query: str) -> dict[str, str]:
    """Return the query as the host passes it to Python: repeats joined, empty values dropped."""
    params: dict[str, str] = {}
    for name, value in parse_qsl(query):
        same_names = (existing for existing in params if existing.lower() == name.lower())
        first_name = next(same_names, name)
        params[first_name] = f"{params[first_name]},{value}" if first_name in params else value
    return params


async def _body(function: Function, headers: Mapping[str, str], receive: Receive) -> bytes | None:
    """Return the body, or None if it is too large. A body without Content-Length is dropped."""
    length = headers.get("content-length", "")
    if not length.isdigit() or length == "0":
        if "transfer-encoding" in headers:
            log.warning("%s: a chunked body is dropped, as the host does", function.name)
        return b""
    if int(length) > MAX_BODY_BYTES:
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
