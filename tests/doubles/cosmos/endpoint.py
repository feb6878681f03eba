"""The REST protocol of Cosmos DB, served from the containers."""

import asyncio
import copy
import math
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import unquote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from shared.platform.topology import Container as Shape
from shared.platform.topology import containers
from tests.doubles.cosmos import sql
from tests.doubles.cosmos.containers import Container
from tests.doubles.cosmos.exchange import Exchange, Logged, as_json
from tests.doubles.cosmos.faults import AMPLE, Conditions, Fault, Faults
from tests.doubles.cosmos.items import Rejected

UNAVAILABLE: dict[str, tuple[int, int]] = {
    "throttle": (429, 3200),
    "unavailable": (503, 0),
    "retry-with": (449, 0),
}
RETRY_AFTER_MS = 5.0
EVERYTHING = {"includedPaths": [{"path": "/*"}], "excludedPaths": []}


class Endpoint:
    """One account. A database exists as soon as it is named, with the containers of the app."""

    def __init__(self) -> None:
        self.url = ""  # known once it is served
        self.databases: dict[str, dict[str, Container]] = {}
        self.reset()

    def reset(self) -> None:
        """Remove all faults and the log. The databases stay."""
        self.clock: Callable[[], float] = time.time
        self.faults = Faults()
        self.conditions: Conditions = AMPLE  # of databases that are created from now on
        self.default_policy = False  # index everything, as Cosmos DB does by default
        self.log: list[Logged] = []
        self.filters: set[tuple[str, tuple[str, ...]]] = set()  # container, path

    def now(self) -> float:
        return self.clock()

    def database(self, name: str) -> dict[str, Container]:
        if name not in self.databases:
            self.databases[name] = {
                shape.name: Container(shape.name, self.properties(shape), self.now, self.conditions)
                for shape in containers().values()
            }
        return self.databases[name]

    def properties(self, shape: Shape) -> dict[str, Any]:
        policy = shape.indexing_policy | (EVERYTHING if self.default_policy else {})
        kind = "MultiHash" if len(shape.partition_key) > 1 else "Hash"
        properties = {
            "id": shape.name, "_rid": f"rid-{shape.name}", "_self": f"dbs/d/colls/{shape.name}/",
            "partitionKey": {"paths": list(shape.partition_key), "kind": kind, "version": 2},
            "indexingPolicy": policy,
        }  # fmt: skip
        return properties if shape.ttl is None else properties | {"defaultTtl": shape.ttl}

    def copy(self, source: str, target: str) -> None:
        """Create a database with the content of another one."""
        copies = copy.deepcopy(
            {
                container.name: (container.partitions, container.feed)
                for container in self.database(source).values()
            }
        )
        for container in self.database(target).values():
            container.partitions, container.feed = copies[container.name]
            container.start_at(self.database(source)[container.name].lsn)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        path = [unquote(segment) for segment in scope["raw_path"].decode().split("/") if segment]
        fault: Fault = "none"
        if path[4:5] == ["docs"]:
            writes = "x-ms-cosmos-is-batch-request" in request.headers
            fault = self.faults.next_for(path[3], writes=writes)
        if self.faults.delay:
            await asyncio.sleep(self.faults.delay)
        answer: Response | None = None
        if fault != "drop-before":
            with suppress(ClientDisconnect):
                answer = self._answer(request, path, await request.body(), fault)
        if fault.startswith("drop") or answer is None:
            send.__self__.transport.abort()  # type: ignore[attr-defined]  # uvicorn's own cycle
            return
        await answer(scope, receive, send)

    def _answer(self, request: Request, path: list[str], body: bytes, fault: str) -> Response:
        try:
            _admit(request, fault)
            return self._route(request, path, body)
        except (Rejected, sql.BadQuery) as exc:
            status = getattr(exc, "status", 400)
            headers = {"x-ms-substatus": str(getattr(exc, "sub_status", 0))}
            if status in {429, 449}:
                wait = getattr(exc, "wait_ms", 0.0) or RETRY_AFTER_MS
                headers["x-ms-retry-after-ms"] = str(math.ceil(wait))
            return as_json({"code": status, "message": str(exc)}, status, headers)

    def _route(self, request: Request, path: list[str], body: bytes) -> Response:
        if not path:
            return as_json(self._account())
        if len(path) < 4 or path[0] != "dbs" or path[2] != "colls":
            raise Rejected(404, "Not here")
        container = self.database(path[1]).get(path[3])
        if container is None:
            raise Rejected(404, f"There is no container {path[3]}", sub_status=1003)
        if path[4:] == []:
            return as_json(container.properties)
        if path[4:] == ["pkranges"]:
            return _ranges(request, container)
        return Exchange(self, container, request).answer(path[5:], body)

    def _account(self) -> dict[str, Any]:
        locations = [{"name": "Here", "databaseAccountEndpoint": self.url}]
        return {
            "id": "account", "_rid": "account", "_self": "", "media": "//media/",
            "addresses": "//addresses/", "_dbs": "//dbs/", "writableLocations": locations,
            "readableLocations": locations, "enableMultipleWriteLocations": False,
            "userConsistencyPolicy": {"defaultConsistencyLevel": "Strong"},
        }  # fmt: skip


def _admit(request: Request, fault: str) -> None:
    if "authorization" not in request.headers:
        raise Rejected(401, "No authorization")
    if fault in UNAVAILABLE:
        status, sub_status = UNAVAILABLE[fault]
        raise Rejected(status, fault, sub_status=sub_status)


def _ranges(request: Request, container: Container) -> Response:
    ranges = [one.described() for one in container.ranges]
    etag = '"' + ",".join(one["id"] for one in ranges) + '"'
    if request.headers.get("if-none-match") == etag:
        return as_json(None, 304, {"etag": etag})
    answer = {"_rid": "r", "PartitionKeyRanges": ranges, "_count": len(ranges)}
    return as_json(answer, 200, {"etag": etag})
