"""A client of the HTTP API for imports."""

import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any

import httpx

from local.commands.import_source import Row
from local.commands.progress import Progress

POLL_SECONDS = 0.3  # while an import is running
TIMEOUT_SECONDS = 60.0
NDJSON = {"Content-Type": "application/x-ndjson"}


class Refused(Exception):
    """The host refused the whole request."""


class ImportClient:
    def __init__(self, url: str, token: str, legal_entity: str, store: str) -> None:
        self._http = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=TIMEOUT_SECONDS
        )
        self._imports = f"/api/v1/{legal_entity}/imports"
        self._store = store

    def __enter__(self) -> "ImportClient":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def load(self, part: Sequence[Row], progress: Progress) -> Iterator[str]:
        """Import one part completely, and yield the refused lines as JSON lines."""
        body = "\n".join(row.body for row in part).encode()
        location = self._start(body)
        while (state := self._get(location, {"limit": 1}))["status"] != "Completed":
            progress.show(state)
            time.sleep(POLL_SECONDS)
        progress.add(state)
        if state["refused"]:
            yield from self._refused(location, part)

    def _start(self, body: bytes) -> str:
        # By this key a second run finds the imports of the first one.
        key = hashlib.sha256(body + self._store.encode()).hexdigest()
        while True:
            response = self._http.post(
                self._imports,
                params={"store": self._store},
                content=body,
                headers=NDJSON | {"Idempotency-Key": key},
            )
            if response.status_code == httpx.codes.ACCEPTED:
                return response.headers["Location"]
            if response.json().get("code") != "idempotency-in-progress":
                raise Refused(_message(response))
            time.sleep(POLL_SECONDS)

    def _refused(self, location: str, part: Sequence[Row]) -> Iterator[str]:
        query: dict[str, Any] = {"limit": 100}
        while True:
            page = self._get(location, query)["refusedLines"]
            for problem in page["items"]:
                row = part[problem.pop("line") - 1]
                yield json.dumps({"line": row.number, "problem": problem, "source": row.text})
                yield "\n"
            if page["nextCursor"] is None:
                return
            query["cursor"] = page["nextCursor"]

    def _get(self, location: str, query: dict[str, Any]) -> dict[str, Any]:
        response = self._http.get(location, params=query)
        if response.status_code != httpx.codes.OK:
            raise Refused(_message(response))
        answer: dict[str, Any] = response.json()
        return answer


def _message(response: httpx.Response) -> str:
    problem = response.json()
    return f"The host refused: {problem['title']}. {problem['detail']}"
