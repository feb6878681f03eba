"""A channel as anybody could write one: plain requests, and a dictionary of rows."""

import base64
import gzip
import json
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import httpx

Json = dict[str, Any]
BUCKETS = 64


@dataclass
class ReferenceChannel:
    """Downloads what it is offered in ranges of `step` bytes, checks it, applies it, and says so.

    `rows` are by job, table and key. `dies_after` is the number of requests after which it stops
    as if its power was cut; what it has applied stays, as in a database.
    """

    client: httpx.AsyncClient
    base: str  # address of the company
    number: str
    token: str
    step: int = 1_000
    rows: dict[str, dict[tuple[str, str], Json]] = field(default_factory=dict)
    at: dict[str, int] = field(default_factory=dict)
    dies_after: int | None = None
    requests: int = 0

    async def catch_up(self) -> int:
        """Apply everything that is offered; return how many packages that was."""
        count = 0
        while sessions := await self._available():
            for session in sessions:
                await self.take(session)
                count += 1
        return count

    async def take(self, session: Json) -> None:
        """Download one package, apply it, and say so; tell again what was applied before."""
        if self.at.get(session["job"], 0) < session["number"]:
            self._apply(session, await self.download(session))
        answer = await self._ask(
            "PATCH",
            f"download-sessions/{session['id']}",
            json={"status": "Applied"},
            headers={"If-Match": "*"},
        )
        assert answer.status_code == 200, answer.text

    async def download(self, session: Json) -> bytes:
        """Return the bytes of the form, put together from ranges, and checked."""
        content, etag = b"", ""
        while len(content) < session["bytes"]:
            last = min(len(content) + self.step, session["bytes"]) - 1
            headers = {"Range": f"bytes={len(content)}-{last}"}
            if etag:
                headers["If-Range"] = etag
            path = f"download-sessions/{session['id']}/package"
            answer = await self._ask("GET", path, headers=headers)
            assert answer.status_code == 206, answer.text
            _check(answer.headers["Content-Digest"], answer.content)
            content, etag = content + answer.content, answer.headers["ETag"]
            whole = answer.headers["Repr-Digest"]
        _check(whole, content)
        assert sha256(content).hexdigest() == session["digest"]
        return content

    def sums(self, job: str) -> dict[str, Json]:
        """Return what proves what it holds of a job, by table."""
        found: dict[str, Json] = {}
        for (table, key), line in self.rows.get(job, {}).items():
            table_sums = found.setdefault(
                table, {"rows": 0, "buckets": [[0, 0] for _ in range(BUCKETS)]}
            )
            name = f"{table}/{key}"
            bucket = table_sums["buckets"][sha256(name.encode()).digest()[0] % BUCKETS]
            digest = sha256(f"{name}@{line['version']}:{line['hash']}".encode()).digest()
            table_sums["rows"] += 1
            bucket[0] += 1
            bucket[1] = (bucket[1] + int.from_bytes(digest[:8], "big")) % 2**64
        return {
            table: {
                "rows": one["rows"],
                "buckets": [
                    {"rows": rows, "sum": f"{total:016x}"} for rows, total in one["buckets"]
                ],
            }
            for table, one in found.items()
        }

    def table(self, job: str, name: str) -> dict[str, Json]:
        held = self.rows.get(job, {})
        return {key: line["row"] for (table, key), line in held.items() if table == name}

    def _apply(self, session: Json, content: bytes) -> None:
        header, *lines, end = map(json.loads, gzip.decompress(content).splitlines())
        assert (header["kind"], end["kind"]) == ("package", "end")
        assert (header["job"], header["number"]) == (session["job"], session["number"])
        assert end["rows"] == len(lines) == session["rows"]
        assert len({(line["table"], line["key"]) for line in lines}) == len(lines), "each once"
        job = header["job"]
        if header["form"] == "delta":
            assert self.at.get(job, 0) == header["number"] - 1, "on the number before it"
        rows = {} if header["form"] == "full" else dict(self.rows.get(job, {}))
        for line in lines:
            name = (line["table"], line["key"])
            assert line["table"] in header["tables"]
            rows.pop(name, None)
            if line["op"] == "put":
                rows[name] = line
        self.rows[job], self.at[job] = rows, header["number"]

    async def _available(self) -> list[Json]:
        answer = await self._ask("GET", "download-sessions", params={"status": "Available"})
        started = await self._ask("GET", "download-sessions", params={"status": "Requested"})
        found: list[Json] = [*answer.json()["items"], *started.json()["items"]]
        return sorted(found, key=lambda one: (ORDER.index(one["job"]), one["number"]))

    async def _ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        if self.dies_after is not None and self.requests >= self.dies_after:
            raise PowerCut
        self.requests += 1
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        url = f"{self.base}/channels/{self.number}/{path}"
        answer = await self.client.request(method, url, headers=headers, **options)
        assert answer.status_code < 500, answer.text
        return answer


class PowerCut(Exception):
    """The channel has stopped."""


ORDER = ("1110", "1070", "1060", "1040", "1150", "1090", "1010")


def _check(header: str, content: bytes) -> None:
    digest = base64.b64encode(sha256(content).digest()).decode()
    assert header == f"sha-256=:{digest}:"
