"""HTTP triggers: what the real host does between socket and function."""

import hmac
import logging
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import azure.functions as func

from local.host.functions import Function
from local.host.hostfile import route_prefix
from local.host.routing.paths import encoded_path
from local.host.routing.table import Table
from local.host.wire.bodies import BODILESS, Body, Scope
from local.host.wire.refusals import (
    FAILED,
    KEY_NEEDED,
    NOT_FOUND,
    Answer,
    Refused,
)

log = logging.getLogger(__name__)

Headers = Mapping[str, str]

LEVELS = {"ANONYMOUS": 0, "FUNCTION": 1, "ADMIN": 2}


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

    async def answer(self, scope: Scope, path: str, headers: Headers, body: Body) -> Answer:
        """Return what the function of this decoded path answers. Raises Refused."""
        match = self.table.find(scope["method"], path)
        if match is None:
            raise Refused(NOT_FOUND)
        function, route_values = match
        query = scope["query_string"].decode("latin-1")
        params = _params(query) if query else {}
        if not self._admits(function, headers, params):
            raise Refused(KEY_NEEDED)
        if body.is_chunked:
            log.warning("%s: a chunked body is dropped, as the host does", function.name)
        url = _url(scope, path, headers, query)
        request = func.HttpRequest(
            method=scope["method"],
            url=url,
            headers=headers,
            params=params,
            route_params=route_values,
            body=await body.read(),
        )
        return await _run(function, request)

    def _admits(self, function: Function, headers: Headers, params: Mapping[str, str]) -> bool:
        level_needed = LEVELS[str(function.trigger.get("authLevel", "FUNCTION")).upper()]
        if level_needed == 0:
            return True
        key_sent = headers.get("x-functions-key", params.get("code", ""))
        return level_of(key_sent, self._keys) >= level_needed


def level_of(key_sent: str, keys: Mapping[str, int]) -> int:
    """Return the level that the key opens; 0 for one that is none."""
    same = [hmac.compare_digest(key_sent.encode(), key.encode()) * keys[key] for key in keys]
    return max(same)


async def _run(function: Function, request: func.HttpRequest) -> Answer:
    try:
        return _answer(await function.invoke_patiently(request))
    except Exception as exc:
        log.exception("Executed 'Functions.%s' (Failed)", function.name)
        raise Refused(FAILED) from exc


def headers_of(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return the headers with lower-case names; repeated ones are joined by a comma.

    Bytes that are not UTF-8 become lone surrogates.
    """
    headers: dict[str, str] = {}
    for name_bytes, value_bytes in raw:
        name = name_bytes.decode("latin-1")
        value = value_bytes.decode(errors="surrogateescape")
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


def _url(scope: Scope, path: str, headers: Headers, query: str) -> str:
    base = f"{scope['scheme']}://{headers.get('host', '')}{encoded_path(path)}"
    return f"{base}?{query}" if query else base


def _header(name: str, value: str) -> tuple[bytes, bytes]:
    """Return the header as it is sent. Raises ValueError for what Kestrel would not send."""
    if not (value.isascii() and value.replace("\t", "").isprintable()):
        raise ValueError(f"the header {name} has a character that is not sent")
    return name.lower().encode("ascii"), value.encode("ascii")


def _answer(response: Any) -> Answer:
    if not isinstance(response, func.HttpResponse):
        raise TypeError(f"an HTTP function must return HttpResponse, not {type(response).__name__}")
    headers = dict(_header(*pair) for pair in response.headers.items())
    body = response.get_body()
    if body or response.status_code not in BODILESS:
        charset = f"; charset={response.charset}" if response.mimetype.startswith("text/") else ""
        headers.setdefault(b"content-type", f"{response.mimetype}{charset}".encode("latin-1"))
    return response.status_code, list(headers.items()), body
