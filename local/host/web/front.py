"""Each request first: whether it can be read, and who answers it."""

from collections.abc import Mapping, Sequence
from typing import Final

from local.host.functions import Function
from local.host.routing.paths import BadPath, decoded_path
from local.host.web.admin import PREFIX, Admin
from local.host.web.edge import Headers, HttpEdge, headers_of
from local.host.wire.bodies import Body, Receive, Scope, Send, respond
from local.host.wire.refusals import NO_SINGLE_HOST, ODD_HEADER, ODD_PATH, Answer, Refused

HOME: Final = b"""<!doctype html>
<html lang="en"><title>The host is running</title>
<p>The host is running. Its API: <a href="/api/docs">/api/docs</a></p></html>
"""
HOME_HEADERS: Final = (
    (b"content-type", b"text/html; charset=utf-8"),
    (b"x-content-type-options", b"nosniff"),
)


class Front:
    """What stands before the functions and `/admin`."""

    def __init__(self, functions: Sequence[Function], keys: Mapping[str, int]) -> None:
        """`keys` maps each key to its level: 1 for a function key, 2 for the master key."""
        self.admin = Admin(functions, keys)
        self._http = HttpEdge([one for one in functions if one.kind == "httpTrigger"], keys=keys)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = headers_of(scope["headers"])
        body = Body(headers, receive)
        await respond(self._answer(scope, headers, body), scope["path"], body, send)

    async def _answer(self, scope: Scope, headers: Headers, body: Body) -> Answer:
        _check(scope, headers)
        try:
            path = decoded_path(scope["raw_path"])
        except BadPath as exc:
            raise Refused(ODD_PATH) from exc
        if path == "/" and scope["method"] == "GET":
            return 200, list(HOME_HEADERS), HOME
        edge = self.admin if path[: len(PREFIX)].lower() == PREFIX else self._http
        return await edge.answer(scope, path, headers, body)


def _check(scope: Scope, headers: Headers) -> None:
    """Raise Refused for headers that Kestrel refuses."""
    hosts = [name for name, _ in scope["headers"]].count(b"host")
    if hosts > 1 or (hosts == 0 and scope["http_version"] == "1.1"):
        raise Refused(NO_SINGLE_HOST)
    try:
        for value in headers.values():
            value.encode()
    except UnicodeEncodeError:
        raise Refused(ODD_HEADER) from None
