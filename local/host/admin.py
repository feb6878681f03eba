"""POST /admin/functions/{name}: start a non-HTTP function by hand, as on the real host."""

import asyncio
import json
import logging
import time
from collections.abc import Iterable
from typing import Any

from azure.functions.meta import Datum

from local.bus.tables import Message, Received
from local.host import timers
from local.host.functions import Function, decode
from local.host.http import Receive, Scope, Send
from local.host.messages import message

log = logging.getLogger(__name__)

PREFIX = "/admin/functions/"


class Admin:
    def __init__(self, functions: Iterable[Function], master_key: str) -> None:
        """`master_key` is required of callers on other machines."""
        self._master_key = master_key.encode()
        self._functions = {function.name.lower(): function for function in functions}
        self._running: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        status = await self._start(scope, receive)
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def drain(self) -> None:
        await asyncio.gather(*self._running)

    def _admits(self, scope: Scope) -> bool:
        """Admit callers with the master key, and callers on this machine that are not a browser."""
        headers = dict(scope["headers"])
        if headers.get(b"x-functions-key") == self._master_key:
            return True
        client = scope.get("client")
        is_on_this_machine = client is not None and client[0] in {"127.0.0.1", "::1"}
        return is_on_this_machine and b"origin" not in headers

    async def _start(self, scope: Scope, receive: Receive) -> int:
        function = self._functions.get(scope["path"].removeprefix(PREFIX).lower())
        if function is None or scope["method"] != "POST":
            return 404
        if not self._admits(scope):
            return 401
        try:
            body = json.loads(await _read(receive) or b"{}")
            value = _value(function, str(body.get("input") or ""))
        except (ValueError, AttributeError):
            return 400
        task = asyncio.create_task(_run(function, value))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return 202


async def _read(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        part = await receive()
        body += part.get("body", b"")
        if not part.get("more_body"):
            return bytes(body)


def _value(function: Function, text: str) -> Any:
    """Return the value that the trigger would deliver. Raises ValueError for an HTTP function."""
    if function.kind == "timerTrigger":
        return decode(function.kind, timers.payload(None, None))
    if function.kind == "cosmosDBTrigger":
        json.loads(text or "[]")
        return decode(function.kind, Datum(text or "[]", "json"))
    if function.kind == "serviceBusTrigger":
        return message(Received(Message(text.encode()), 0, time.time(), "", 1))
    raise ValueError("an HTTP function is called by HTTP")


async def _run(function: Function, value: Any) -> None:
    try:
        await function.invoke(value)
    except Exception:
        log.exception("Executed 'Functions.%s' (Failed)", function.name)
