"""A bulk import: many create bodies in one request, worked through in chunks."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal

from pydantic import computed_field

from shared.core.errors import NotFound, Refusal
from shared.core.evolve import evolve
from shared.core.values import Record

LINES_IN_CHUNK = 80  # with a problem each, still one commit
BYTES_IN_CHUNK = 512 * 1024  # twice that once its quotes are escaped
LONGEST_LINE = 256 * 1024
MOST_FLAWS = 20  # kept of one line
MOST_SAID = 300  # characters
KEPT = 7 * 24 * 3600  # seconds that a completed import can be asked about

Outcome = Literal["created", "alreadyThere", "refused"]
Line = tuple[int, str]


class ImportNotFound(NotFound):
    code = "import-not-found"


class Import(Record):
    """How far an import has come. Lines are counted once each, whatever happens on the way."""

    id: str
    legal_entity: str
    store_number: str | None = None
    status: Literal["Running", "Completed"] = "Running"
    total: int
    created: int = 0
    already_there: int = 0
    refused: int = 0
    started_at: datetime
    started_by: str
    completed_at: datetime | None = None

    @computed_field  # type: ignore[prop-decorator]  # the documented way to compute a field
    @property
    def progress(self) -> float:
        """Return the share of lines that are done, from 0 to 1."""
        done = self.created + self.already_there + self.refused
        return round(done / self.total, 4) if self.total else 1.0

    def counted(self, outcomes: list[Outcome], now: datetime) -> "Import":
        counted = evolve(
            self,
            created=self.created + outcomes.count("created"),
            already_there=self.already_there + outcomes.count("alreadyThere"),
            refused=self.refused + outcomes.count("refused"),
        )
        if counted.created + counted.already_there + counted.refused < self.total:
            return counted
        return evolve(counted, status="Completed", completed_at=now)


class RefusedLine(Record):
    line: int
    code: str
    detail: str
    errors: list[dict[str, str]] = []


def refused(line: int, refusal: Refusal) -> RefusedLine:
    """Return what is kept of a refusal: not all that is wrong with a line, but enough to see."""
    flaws: Any = getattr(refusal, "flaws", ())
    errors = [
        {"pointer": flaw.pointer[:MOST_SAID], "code": flaw.code, "detail": flaw.detail[:MOST_SAID]}
        for flaw in flaws[:MOST_FLAWS]
    ]
    return RefusedLine(
        line=line, code=refusal.code, detail=refusal.detail[:MOST_SAID], errors=errors
    )


def lines(body: bytes) -> Iterator[Line]:
    """Yield the lines that say something, with their numbers from 1."""
    start, number = 0, 0
    while start < len(body):
        end = body.find(b"\n", start)
        end = len(body) if end < 0 else end
        number += 1
        text = body[start:end].decode("utf-8", errors="replace").strip()
        start = end + 1
        if text:
            yield number, text


def chunks(body: bytes) -> Iterator[list[Line]]:
    """Yield the lines in chunks that one commit can hold."""
    chunk: list[Line] = []
    size = 0
    for number, text in lines(body):
        line = (number, text[:LONGEST_LINE])
        if chunk and (len(chunk) == LINES_IN_CHUNK or size + len(text) > BYTES_IN_CHUNK):
            yield chunk
            chunk, size = [], 0
        chunk.append(line)
        size += len(line[1])
    if chunk:
        yield chunk
