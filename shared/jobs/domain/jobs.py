"""How far a job has come: each chunk is counted once, or set aside with its reason."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, TypeVar

from pydantic import Field

from shared.core.evolve import evolve
from shared.core.values import Record

MIN_ATTEMPTS = 5  # of a chunk whose dependency is away, before it is set aside
PATIENCE = timedelta(minutes=10)  # since its first attempt; both have to be over

J = TypeVar("J", bound="Job")


class SetAside(Record):
    """A chunk that could not be applied. The job went on without it."""

    chunk: Annotated[int, Field(description="Number of the chunk, from 1", examples=[3])]
    code: Annotated[
        str, Field(description="Why it was set aside: the code of a refusal, or internal")
    ]
    reference: Annotated[
        str, Field(description="Names the log entry that has the trace", examples=["0b1f6c0e9d5a"])
    ]
    at: datetime = Field(description="When it was set aside")


class Job(Record):
    """The header of a job. Capabilities add fields, statuses, and what follows the last chunk.

    `batch` names the chunks, so that two requests for one job never mix theirs. `attempts` and
    `give_up_at` are about the next chunk, while its dependency is away. `revision` counts the
    writes of the header.
    """

    id: str
    legal_entity: str
    batch: str
    status: str
    total: int
    counts: dict[str, int] = {}
    chunks: int
    chunks_done: int = 0
    attempts: int = 0
    give_up_at: datetime | None = None
    set_aside: tuple[SetAside, ...] = ()
    revision: int = 0
    created_at: datetime
    created_by: str
    ended_at: datetime | None = None

    @property
    def running(self) -> bool:
        """Return whether there are chunks to apply now."""
        raise NotImplementedError

    @property
    def over(self) -> bool:
        """Return whether the time for which it is kept has begun."""
        return self.ended_at is not None

    def after_last_chunk(self: J, now: datetime) -> J:
        """Return the job with the status that it has when all chunks are done."""
        raise NotImplementedError

    def rewritten(self: J) -> J:
        """Return the job as it is written over the version that was read."""
        return evolve(self, revision=self.revision + 1)

    def count(self, outcome: str) -> int:
        """Return how many items came to this outcome."""
        return self.counts.get(outcome, 0)

    def counted(self: J, counts: Mapping[str, int], now: datetime) -> J:
        """Return the job with one more chunk done."""
        total = Counter(self.counts) + Counter(counts)
        return _next_chunk(evolve(self, counts=dict(total)), now)

    def without_next_chunk(self: J, code: str, reference: str, now: datetime) -> J:
        """Return the job with its next chunk set aside."""
        aside = SetAside(chunk=self.chunks_done + 1, code=code, reference=reference, at=now)
        return _next_chunk(evolve(self, set_aside=(*self.set_aside, aside)), now)

    def attempted(self: J, now: datetime) -> J:
        """Return the job with one more attempt of the next chunk that met no answer."""
        give_up_at = self.give_up_at or now + PATIENCE
        return evolve(self, attempts=self.attempts + 1, give_up_at=give_up_at)

    def is_last_attempt(self, now: datetime) -> bool:
        """Return whether the next chunk is set aside if it fails once more."""
        patient = self.give_up_at is None or now < self.give_up_at
        return self.attempts + 1 >= MIN_ATTEMPTS and not patient


def _next_chunk(job: J, now: datetime) -> J:
    job = evolve(job, chunks_done=job.chunks_done + 1, attempts=0, give_up_at=None)
    return job.after_last_chunk(now) if job.chunks_done >= job.chunks else job
