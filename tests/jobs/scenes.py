"""A job that counts, and stores that fail while it does."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Literal

from shared.core.concurrency import side_by_side
from shared.core.errors import AlreadyExists
from shared.core.evolve import evolve
from shared.jobs.documents import JobKind, Jobs
from shared.jobs.domain.jobs import Job
from shared.jobs.work import Applied, Apply, Attempt, work_through
from shared.ports.documents import Create, Documents, Remove

NOW = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)


CHUNKS = [[1, 2, 3], [4, 5, 6], [7]]


class Count(Job):
    """Numbers that are written down, each once."""

    status: Literal["Running", "Completed"] = "Running"

    @property
    def running(self) -> bool:
        return self.status == "Running"

    def after_last_chunk(self, now: datetime) -> "Count":
        return evolve(self, status="Completed", ended_at=now)


COUNTS = JobKind(
    model=Count,
    container="requests",
    header_type="count",
    header_id="count:{id}",
    chunk_type="count-chunk",
    chunk_id="count-chunk:{batch}:{number:05d}",
    retention_seconds=7 * 86400,
    at_end=lambda job: [Remove(f"running:{job.id}")],
)


def a_count(job_id: str = "1", chunks: Sequence[Sequence[int]] = CHUNKS) -> Count:
    return Count(
        id=job_id,
        legal_entity="USRT",
        batch=job_id,
        total=sum(len(chunk) for chunk in chunks),
        chunks=len(chunks),
        created_at=NOW,
        created_by="application:test",
    )


class Clock:
    def __init__(self) -> None:
        self.time = NOW.timestamp()

    def __call__(self) -> float:
        return self.time


def jobs_in(documents: Documents, partition: str = "counts") -> Jobs[Count]:
    return Jobs(COUNTS, (partition,), documents)


def writing(jobs: Jobs[Count], fail: Callable[[Attempt], None] = lambda _: None) -> Apply[Count]:
    """Return what writes each number down, and knows those that it wrote before."""

    async def write(number: int) -> str:
        marker = Create({"id": f"item:{number}", "type": "item"})
        with suppress(AlreadyExists):
            await jobs.documents.commit("requests", jobs.partition, [marker])
        return "written"

    async def apply(_: Count, attempt: Attempt) -> Applied:
        fail(attempt)
        outcomes = await side_by_side(attempt.content, write, at_once=2)
        return Applied({"written": len(outcomes)})

    return apply


async def finish(jobs: Jobs[Count], job_id: str = "1", apply: Apply[Count] | None = None) -> Count:
    job = evolve(a_count(), id=job_id)
    while await work_through(jobs, job, apply or writing(jobs), now=NOW):
        pass
    return await header(jobs, job_id)


async def header(jobs: Jobs[Count], job_id: str = "1") -> Count:
    stored = await jobs.load(job_id)
    assert stored is not None
    return stored.value


async def items(jobs: Jobs[Count]) -> set[int]:
    found = [
        number
        for number in range(1, 400)
        if await jobs.documents.read("requests", jobs.partition, f"item:{number}")
    ]
    return set(found)
