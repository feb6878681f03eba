"""POST /admin/functions/{name}: start a non-HTTP function by hand, as on the real host."""

import asyncio
import hmac
import json
import logging
import time
from collections.abc import Iterable, Mapping
from typing import Any

from azure.functions.meta import Datum

from local.bus.tables import Message, Received
from local.host import timers
from local.host.functions import Function, decode
from local.host.http import Receive, Scope, Send, headers_of
from local.host.messages import message
from local.host.wire.bodies import Body, respond
from local.host.wire.refusals import KEY_NEEDED, NOT_FOUND, NOT_STARTED, Answer, Refused

log = logging.getLogger(__name__)

PREFIX = "/admin/functions/"


class Admin:
    def __init__(self, functions: Iterable[Function], master_key: str) -> None:
        """`master_key` is required of every caller, as of the real host: it lies in the folder."""
        self._master_key = master_key.encode()
        self._functions = {function.name.lower(): function for function in functions}
        self._running: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = headers_of(scope["headers"])
        body = Body(headers, receive)
        await respond(self._start(scope, headers, body), scope["path"], body, send)

    async def drain(self) -> None:
        await asyncio.gather(*self._running)

    async def _start(self, scope: Scope, headers: Mapping[str, str], body: Body) -> Answer:
        if not hmac.compare_digest(headers.get("x-functions-key", "").encode(), self._master_key):
            raise Refused(KEY_NEEDED)
        function = self._functions.get(scope["path"].removeprefix(PREFIX).lower())
        if function is None or scope["method"] != "POST":
            raise Refused(NOT_FOUND)
        content = await body.read()
        try:
            value = _value(function, str(json.loads(content or b"{}").get("input") or ""))
        except (ValueError, AttributeError, RecursionError) as exc:
            raise Refused(NOT_STARTED) from exc
        task = asyncio.create_task(_run(function, value))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return 202, [], b""


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
