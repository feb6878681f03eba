"""One request for documents: its headers read, its charge counted, its answer written."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from tests.doubles.cosmos import charges, sql
from tests.doubles.cosmos.containers import Container
from tests.doubles.cosmos.faults import Faults
from tests.doubles.cosmos.items import Range, Rejected, check_document
from tests.doubles.cosmos.partitions import KeyRange, SessionTokens

MAX_BYTES = 2 * 1024 * 1024
PARTITION_GONE = 1002


@dataclass(frozen=True, slots=True)
class Logged:
    """An answered request for documents: `kind` is read, query, commit or changes."""

    kind: str
    container: str
    key: str
    charge: float


class Asked(Protocol):
    """What the endpoint notes of every request, and the faults that it is told to have."""

    faults: Faults
    log: list[Logged]
    filters: set[tuple[str, tuple[str, ...]]]


class Exchange:
    """One request for documents of a container."""

    def __init__(self, endpoint: Asked, container: Container, request: Request) -> None:
        self.endpoint = endpoint
        self.container = container
        self.request = request
        self.headers = request.headers
        self.kind = "commit"

    def answer(self, path: list[str], body: bytes) -> Response:
        if len(body) > MAX_BYTES:
            raise Rejected(413, "Request size is too large")
        self.container.ask()
        self.key_range = self._key_range()
        self.container.admit(
            self.key_range, low_priority=self.headers.get("x-ms-cosmos-priority-level") == "Low"
        )
        if path:
            return self._single_document(path[0], body)
        if self.request.method == "GET":
            return self._changes() if "a-im" in self.headers else self._read_feed()
        if self._is("x-ms-documentdb-isquery"):
            return self._query(json_of(body))
        return self._write(body)

    def _write(self, body: bytes) -> Response:
        if self._is("x-ms-cosmos-is-batch-request"):
            answers = self.container.batch(self._key(), json_of(body))
            failed = any(answer["statusCode"] >= 400 for answer in answers)
            return self._respond(answers, 207 if failed else 200)
        key, document = self._key(), json_of(body)
        check_document(document)
        if self._is("x-ms-documentdb-is-upsert"):
            status = 200 if self.container.newest(key, document["id"]) else 201
            etag = self.headers.get("if-match")
            stored, charge = self.container.upsert(key, document, etag)
        else:
            status = 201
            stored, charge = self.container.create(key, document)
        return self._respond(stored.body, status, charge=charge, etag=stored.etag)

    def _single_document(self, name: str, body: bytes) -> Response:
        key, etag = self._key(), self.headers.get("if-match")
        if self.request.method == "GET":
            self.kind = "read"
            if self.container.absent(key, name, self._session()):
                self._log(1.0)
            stored = self.container.read(key, name, self._session())
            if self.headers.get("if-none-match") == stored.etag:
                return self._respond(None, 304, charge=1.0, etag=stored.etag)
            charge = charges.of_read(stored.body) * (2 if self._is_strong() else 1)
            return self._respond(stored.body, charge=charge, etag=stored.etag)
        if self.request.method == "DELETE":
            return self._respond(None, 204, charge=self.container.remove(key, name, etag))
        document = json_of(body)
        check_document(document)
        stored, charge = self.container.replace(key, name, document, etag)
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
        limit = int(self.headers.get("x-ms-max-item-count", "100"))
        documents, end = self.container.changes(self._feed_of(), self._since(), limit)
        answer = {"_rid": "r", "Documents": documents, "_count": len(documents)}
        return self._respond(answer, 200 if documents else 304, charge=2.0, etag=f'"{end}"')

    def _since(self) -> int:
        """Return the LSN after which changes are asked for: a continuation, a moment, or now."""
        since = self.headers.get("if-none-match", "").strip('"')
        moment = self.headers.get("if-modified-since")
        if since == "*" and moment is None:
            return self.container.lsn
        if since in {"", "*"}:
            return self.container.lsn_at(parsedate_to_datetime(moment).timestamp()) if moment else 0
        return int(since)

    def _read_feed(self) -> Response:
        """List documents, in the order of their last writes."""
        self.kind = "query"
        documents, _ = self.container.changes(self._feed_of(), 0, self.container.lsn + 1)
        answer = {"_rid": "r", "Documents": documents, "_count": len(documents)}
        return self._respond(answer, charge=charges.of_query(documents))

    def _feed_of(self) -> tuple[Any, ...] | Range | KeyRange:
        if "x-ms-documentdb-partitionkey" in self.headers:
            return self._key()
        start = self.headers.get("x-ms-start-epk")
        return self.key_range if start is None else Range(start, self.headers["x-ms-end-epk"])

    def _respond(
        self, body: Any, status: int = 200, *, charge: float | None = None, **headers: str
    ) -> Response:
        if charge is None:
            charge = sum(answer["requestCharge"] for answer in body)
        self._log(charge)
        self.container.spend(self.key_range, charge)
        headers |= {
            "x-ms-request-charge": f"{charge:.2f}",
            "x-ms-session-token": self.key_range.token,
            "x-ms-documentdb-partitionkeyrangeid": self.key_range.id,
        }
        if "minimal" in self.headers.get("prefer", ""):
            body = None
        return as_json(body, status, headers)

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

    def _key_range(self) -> KeyRange:
        """Return the physical partition that the request goes to."""
        ranges = self.container.ranges
        if name := self.headers.get("x-ms-documentdb-partitionkeyrangeid"):
            found = ranges.named(name)
            if found is None:
                raise Rejected(410, f"Partition {name} is gone", sub_status=PARTITION_GONE)
            return found
        if "x-ms-documentdb-partitionkey" in self.headers:
            return self.container.range_of(self._key())
        return next(iter(ranges))

    def _session(self) -> SessionTokens:
        """Return what the reader has seen: everything, unless it asks for less than Strong."""
        text = self.headers.get("x-ms-session-token", "")
        tokens = SessionTokens(text, strong=self._is_strong())
        tokens.check(self.key_range)
        return tokens

    def _is_strong(self) -> bool:
        return self.headers.get("x-ms-consistency-level", "Strong") == "Strong"

    def _is(self, name: str) -> bool:
        return self.headers.get(name, "").lower() == "true"


def json_of(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        raise Rejected(400, "The body is not JSON") from None


def as_json(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    content = b"" if body is None or status in {204, 304} else to_json(body)
    return Response(content, status, {"content-type": "application/json", **(headers or {})})
