"""A bulk import: many create bodies in one request, worked through in chunks."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from shared.core.errors import NotFound, Refusal, TooMany
from shared.core.evolve import evolve
from shared.core.values import Record
from shared.jobs.domain.jobs import Job

MAX_FLAWS = 20  # kept of one line
MAX_REFUSED_KEPT: Final = 1_000  # refused lines of an import; further ones are counted
MAX_AT_ONCE: Final = 3  # imports of a company
MAX_TEXT_LENGTH = 300  # characters kept of a sentence or a pointer
RETENTION_SECONDS: Final = 7 * 86400  # that a completed import can be asked about

Outcome = Literal["created", "alreadyThere", "refused"]


class ImportNotFound(NotFound):
    """There is no import of this id in the company, or it was completed more than a week ago."""

    code = "import-not-found"


class TooManyImports(TooMany):
    """The company has as many imports under way as may be."""

    code = "too-many-imports"
    after = 30


class Import(Job):
    """How far an import has come. Its `counts` are lines by Outcome."""

    status: Literal["Running", "Completed"] = "Running"
    store_number: str | None = None

    @property
    def running(self) -> bool:
        return self.status == "Running"

    @property
    def lines_done(self) -> int:
        return sum(self.counts.values())

    @property
    def refusals_to_keep(self) -> int:
        """Return how many refused lines may still be kept in detail."""
        return max(0, MAX_REFUSED_KEPT - self.count("refused"))

    def counted(self, counts: Mapping[str, int], now: datetime) -> "Import":
        counted = super().counted(counts, now)
        # An import that was started in version 1 does not know how many chunks it has.
        if counted.running and counted.lines_done == self.total:
            return counted.after_last_chunk(now)
        return counted

    def after_last_chunk(self, now: datetime) -> "Import":
        return evolve(self, status="Completed", ended_at=now)


class RefusedLine(Record):
    """A line that created no customer, and why."""

    line: Annotated[int, Field(description="Number of the line, from 1", examples=[17])]
    code: Annotated[str, Field(description="Code of the refusal", examples=["invalid"])]
    detail: str = Field(description="The refusal in a sentence")
    errors: list[dict[str, str]] = Field(
        default=[], description="What is wrong with the line: pointer, code and detail of each"
    )


def refused_line(line: int, refusal: Refusal) -> RefusedLine:
    """Return what is kept of a refusal: not all that is wrong with a line, but enough to see."""
    flaws: Any = getattr(refusal, "flaws", ())
    errors = [
        {
            "pointer": flaw.pointer[:MAX_TEXT_LENGTH],
            "code": flaw.code,
            "detail": flaw.detail[:MAX_TEXT_LENGTH],
        }
        for flaw in flaws[:MAX_FLAWS]
    ]
    return RefusedLine(
        line=line, code=refusal.code, detail=refusal.detail[:MAX_TEXT_LENGTH], errors=errors
    )
