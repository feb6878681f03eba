"""/admin, as on the real host: start a function by hand, and see whether the host is there.

POST /admin/functions/{name}, GET /admin/host/status and GET /admin/host/ping, the last for anybody.
"""

import asyncio
import json
import logging
import time
from collections.abc import Iterable, Mapping
from typing import Any

import azure.functions as func
from azure.functions.meta import Datum
from pydantic_core import to_json

from local.bus.tables import Message, Received
from local.host import timers
from local.host.functions import Function, decode
from local.host.hostfile import route_prefix
from local.host.messages import message
from local.host.web.edge import LEVELS, Headers, level_of
from local.host.wire.bodies import Body, Scope
from local.host.wire.refusals import (
    KEY_NEEDED,
    MASTER_KEY_NEEDED,
    NOT_FOUND,
    NOT_JSON,
    NOT_STARTED,
    Answer,
    Refused,
)

log = logging.getLogger(__name__)

PREFIX = "/admin/"
FUNCTIONS = f"{PREFIX}functions/"
JSON = "application/json"


class Admin:
    def __init__(self, functions: Iterable[Function], keys: Mapping[str, int]) -> None:
        """`keys` are those of the folder, with their levels; the master key, 2, opens this."""
        self._keys = keys
        self._functions = {function.name.lower(): function for function in functions}
        self._running: set[asyncio.Task[None]] = set()
        self._since = time.monotonic()

    async def answer(self, scope: Scope, path: str, headers: Headers, body: Body) -> Answer:
        """Return what is asked for. Raises Refused."""
        method, path = scope["method"], path.lower().rstrip("/")
        if (method, path) == ("GET", "/admin/host/ping"):
            return 200, [], b""
        self._admit(headers)
        if (method, path) == ("GET", "/admin/host/status"):
            return 200, [(b"content-type", JSON.encode())], to_json(self._status())
        function = self._functions.get(path.removeprefix(FUNCTIONS))
        if function is None or method != "POST":
            raise Refused(NOT_FOUND)
        if headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
            raise Refused(NOT_JSON)
        return await self._start(function, body)

    async def drain(self) -> None:
        await asyncio.gather(*self._running)

    def _admit(self, headers: Headers) -> None:
        level = level_of(headers.get("x-functions-key", ""), self._keys)
        if level == 0:
            raise Refused(KEY_NEEDED)
        if level < LEVELS["ADMIN"]:
            raise Refused(MASTER_KEY_NEEDED)

    def _status(self) -> Mapping[str, Any]:
        uptime = round(1_000 * (time.monotonic() - self._since))
        return {"state": "Running", "processUptime": uptime}

    async def _start(self, function: Function, body: Body) -> Answer:
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
    """Return the value that the trigger would deliver. Raises ValueError."""
    if function.kind == "timerTrigger":
        return decode(function.kind, timers.payload(None, None))
    if function.kind == "cosmosDBTrigger":
        json.loads(text or "[]")
        return decode(function.kind, Datum(text or "[]", "json"))
    if function.kind == "serviceBusTrigger":
        return message(Received(Message(text.encode()), 0, time.time(), "", 1))
    url = f"http://localhost/{route_prefix()}/{function.trigger.get('route') or function.name}"
    return func.HttpRequest(method="POST", url=url, body=text.encode())


async def _run(function: Function, value: Any) -> None:
    try:
        await function.invoke(value)
    except Exception:
        log.exception("Executed 'Functions.%s' (Failed)", function.name)
