"""The REST protocol of Cosmos DB, served from the containers."""

import asyncio
import copy
import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from pydantic_core import to_json
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from shared.platform.topology import Container as Shape
from shared.platform.topology import containers
from tests.doubles.cosmos import charges, sql
from tests.doubles.cosmos.containers import MAX_BYTES, Container, Range, Rejected
from tests.doubles.cosmos.faults import Faults

UNAVAILABLE: dict[str, tuple[int, int]] = {
    "throttle": (429, 3200),
    "unavailable": (503, 0),
    "retry-with": (449, 0),
}
RETRY_AFTER_MS = "5"
EVERYTHING = {"includedPaths": [{"path": "/*"}], "excludedPaths": []}


@dataclass(frozen=True, slots=True)
class Logged:
    """An answered request for documents: `kind` is read, query, commit or changes."""

    kind: str
    container: str
    key: str
    charge: float


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
        self.default_policy = False  # index everything, as Cosmos DB does by default
        self.log: list[Logged] = []
        self.filters: set[tuple[str, tuple[str, ...]]] = set()  # container, path

    def now(self) -> float:
        return self.clock()

    def database(self, name: str) -> dict[str, Container]:
        if name not in self.databases:
            self.databases[name] = {
                shape.name: Container(shape.name, self.properties(shape), self.now)
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
            container.lsn = self.database(source)[container.name].lsn

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        path = [unquote(segment) for segment in scope["raw_path"].decode().split("/") if segment]
        fault = self.faults.next() if path[4:5] == ["docs"] else "none"
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
                headers["x-ms-retry-after-ms"] = RETRY_AFTER_MS
            return _json({"code": status, "message": str(exc)}, status, headers)

    def _route(self, request: Request, path: list[str], body: bytes) -> Response:
        if not path:
            return _json(self._account())
        if len(path) < 4 or path[0] != "dbs" or path[2] != "colls":
            raise Rejected(404, "Not here")
        container = self.database(path[1]).get(path[3])
        if container is None:
            raise Rejected(404, f"There is no container {path[3]}", sub_status=1003)
        if path[4:] == []:
            return _json(container.properties)
        if path[4:] == ["pkranges"]:
            return _ranges(request)
        return Exchange(self, container, request).answer(path[5:], body)

    def _account(self) -> dict[str, Any]:
        locations = [{"name": "Here", "databaseAccountEndpoint": self.url}]
        return {
            "id": "account", "_rid": "account", "_self": "", "media": "//media/",
            "addresses": "//addresses/", "_dbs": "//dbs/", "writableLocations": locations,
            "readableLocations": locations, "enableMultipleWriteLocations": False,
            "userConsistencyPolicy": {"defaultConsistencyLevel": "Session"},
        }  # fmt: skip


class Exchange:
    """One request for documents of a container."""

    def __init__(self, endpoint: Endpoint, container: Container, request: Request) -> None:
        self.endpoint = endpoint
        self.container = container
        self.request = request
        self.headers = request.headers
        self.kind = "commit"

    def answer(self, path: list[str], body: bytes) -> Response:
        if len(body) > MAX_BYTES:
            raise Rejected(413, "Request size is too large")
        if path:
            return self._single_document(path[0], body)
        if self.request.method == "GET":
            return self._changes()
        if self._is("x-ms-documentdb-isquery"):
            return self._query(json.loads(body))
        return self._write(body)

    def _write(self, body: bytes) -> Response:
        if self._is("x-ms-cosmos-is-batch-request"):
            answers = self.container.batch(self._key(), json.loads(body))
            failed = any(answer["statusCode"] >= 400 for answer in answers)
            return self._respond(answers, 207 if failed else 200)
        stored, charge = (
            self.container.write(self._key(), json.loads(body))
            if self._is("x-ms-documentdb-is-upsert")
            else self.container.create(self._key(), json.loads(body))
        )
        return self._respond(stored.body, 201, charge=charge, etag=stored.etag)

    def _single_document(self, name: str, body: bytes) -> Response:
        key, etag = self._key(), self.headers.get("if-match")
        if self.request.method == "GET":
            self.kind = "read"
            if self.container.absent(key, name, self._session()):
                self._log(1.0)
            stored = self.container.read(key, name, self._session())
            return self._respond(stored.body, charge=charges.of_read(stored.body), etag=stored.etag)
        if self.request.method == "DELETE":
            return self._respond(None, 204, charge=self.container.remove(key, name, etag))
        stored, charge = self.container.replace(key, name, json.loads(body), etag)
        return self._respond(stored.body, charge=charge, etag=stored.etag)

    def _query(self, body: Mapping[str, Any]) -> Response:
        self.kind = "query"
        query = sql.parse(body["query"], body.get("parameters", ()))
        for path in (*query.filters, *query.order):
            self.endpoint.filters.add((self.container.name, path))
        limit = int(self.headers.get("x-ms-max-item-count", "100"))
        shortest = self.endpoint.faults.shortest
        page, continuation, charge = self.container.query(
            query,
            self._target(),
            self._session(),
            self.headers.get("x-ms-continuation"),
            min(limit, shortest) if shortest else limit,
        )
        answer = {"_rid": "r", "Documents": page, "_count": len(page)}
        response = self._respond(answer, charge=charge)
        if continuation:
            response.headers["x-ms-continuation"] = continuation
        return response

    def _changes(self) -> Response:
        self.kind = "changes"
        since = self.headers.get("if-none-match", '"0"').strip('"')
        start = self.container.lsn if since == "*" else int(since)
        limit = int(self.headers.get("x-ms-max-item-count", "100"))
        documents, end = self.container.changes(start, limit)
        answer = {"_rid": "r", "Documents": documents, "_count": len(documents)}
        return self._respond(answer, 200 if documents else 304, charge=2.0, etag=f'"{end}"')

    def _respond(
        self, body: Any, status: int = 200, *, charge: float | None = None, **headers: str
    ) -> Response:
        if charge is None:
            charge = sum(answer["requestCharge"] for answer in body)
        self._log(charge)
        headers |= {
            "x-ms-request-charge": f"{charge:.2f}",
            "x-ms-session-token": f"0:-1#{self.container.lsn}",
            "x-ms-documentdb-partitionkeyrangeid": "0",
        }
        if "minimal" in self.headers.get("prefer", ""):
            body = None
        return _json(body, status, headers)

    def _log(self, charge: float) -> None:
        key = self.headers.get("x-ms-documentdb-partitionkey", "*")
        self.endpoint.log.append(Logged(self.kind, self.container.name, key, charge))

    def _key(self) -> tuple[Any, ...]:
        text = self.headers.get("x-ms-documentdb-partitionkey")
        if text is None:
            raise Rejected(400, "A partition key is needed")
        key = tuple(json.loads(text))
        if len(key) != len(self.container.paths):
            raise Rejected(400, "The partition key is not complete", sub_status=1001)
        return key

    def _target(self) -> tuple[Any, ...] | Range:
        start = self.headers.get("x-ms-start-epk")
        return self._key() if start is None else Range(start, self.headers["x-ms-end-epk"])

    def _session(self) -> int:
        """Return the LSN that the reader has seen, by the session token it brings."""
        tokens = self.headers.get("x-ms-session-token", "").split(",")
        return max(int(token.partition("#")[2] or 0) for token in tokens)

    def _is(self, name: str) -> bool:
        return self.headers.get(name, "").lower() == "true"


def _admit(request: Request, fault: str) -> None:
    if "authorization" not in request.headers:
        raise Rejected(401, "No authorization")
    if fault in UNAVAILABLE:
        status, sub_status = UNAVAILABLE[fault]
        raise Rejected(status, fault, sub_status=sub_status)


def _ranges(request: Request) -> Response:
    if request.headers.get("if-none-match") == '"1"':
        return _json(None, 304, {"etag": '"1"'})
    key_range = {"id": "0", "minInclusive": "", "maxExclusive": "FF", "parents": []}
    return _json(
        {"_rid": "r", "PartitionKeyRanges": [key_range], "_count": 1}, 200, {"etag": '"1"'}
    )


def _json(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    content = b"" if body is None or status in {204, 304} else to_json(body)
    return Response(content, status, {"content-type": "application/json", **(headers or {})})
