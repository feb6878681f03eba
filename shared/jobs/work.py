"""Working through jobs: chunk by chunk, each applied and counted in one commit."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import uuid4

from shared.core.concurrency import side_by_side
from shared.core.errors import NotFound, Refusal, Stale, Unavailable
from shared.core.traces import trace_of
from shared.core.versioned import Versioned
from shared.jobs.documents import Chunk, Jobs
from shared.jobs.domain.jobs import Job
from shared.ports.changes import check_reached
from shared.ports.documents import CommitTooLarge, Operation

J = TypeVar("J", bound=Job)
FIRST_PAUSE_SECONDS = 0.01
MAX_PAUSE_SECONDS = 5.0
JOBS_AT_ONCE = 4
INTERNAL = "internal"

log = logging.getLogger(__name__)


class ChunkMissing(NotFound):
    """The header counts a chunk that is not there: a replica lags behind, or it has expired."""

    code = "chunk-missing"


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a chunk: items by outcome, what is left of it, and what is written with it."""

    counts: Mapping[str, int] = field(default_factory=dict)
    content: Any = None
    operations: Sequence[Operation] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to apply a chunk. If the `last` one meets Unavailable too, the chunk is set aside."""

    content: Any
    last: bool


Apply = Callable[[J, Attempt], Awaitable[Applied]]
Step = Callable[[], Awaitable[bool]]


async def work_through(jobs: Jobs[J], job: J, apply: Apply[J], *, now: datetime) -> bool:
    """Apply the next chunk of a job; return whether to go on at once.

    `job` is what the feed has told, or newer.

    The header and the ended chunk are written in one commit, conditional on both versions. So
    whoever dies before it, or comes second, has only applied items that know they were applied:
    `apply` must mark each. A chunk that fails is set aside; one whose dependency does not answer
    is tried again when the feed brings the header, which has just been written. Raises
    Unavailable if the header cannot be read or written.
    """
    header = await jobs.load(job.id)
    check_reached(header.value.revision if header else None, job.revision)
    if header is None or not header.value.running:
        return False
    job = header.value
    chunk = await jobs.load_chunk(job, job.chunks_done + 1)
    last = job.is_last_attempt(now)
    try:
        return await _end(jobs, header, chunk, await _applied(job, chunk, apply, last=last), now)
    except _Failed as failure:
        if failure.may_pass and not last:
            await _try_later(jobs, header, now)
            return False
        return await _set_aside(jobs, header, chunk, failure, now)


async def work_through_all(steps: Iterable[Step]) -> None:
    """Work through jobs side by side, each step until it returns False.

    What fails in one stops none of the others; it is raised when they are done. Whatever has one
    job only can then find out which it was.
    """
    await side_by_side(steps, _run, at_once=JOBS_AT_ONCE)


class _Failed(Exception):
    """A chunk was not applied; `may_pass` says that its dependency may answer later."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(type(cause).__name__)
        self.cause = cause
        self.may_pass = isinstance(cause, Unavailable | Stale | ChunkMissing)
        self.code = cause.code if isinstance(cause, Refusal) else INTERNAL


async def _applied(
    job: J, chunk: Versioned[Chunk] | None, apply: Apply[J], *, last: bool
) -> Applied:
    if chunk is None:
        raise _Failed(ChunkMissing(f"The chunk {job.chunks_done + 1} is not there."))
    if chunk.value.ended_in == job.status:
        # Another worker ended it after the header was read: then the commit is stale.
        return Applied(content=chunk.value.content)
    try:
        return await apply(job, Attempt(chunk.value.content, last))
    except Exception as exc:
        raise _Failed(exc) from exc


async def _end(
    jobs: Jobs[J],
    header: Versioned[J],
    chunk: Versioned[Chunk] | None,
    applied: Applied,
    now: datetime,
) -> bool:
    """Write the counted header and the ended chunk. Whoever comes second changes nothing."""
    job = header.value.counted(applied.counts, now)
    operations = [*_ended(jobs, header.value, chunk, applied.content), *applied.operations]
    try:
        await jobs.replace(header, job, operations)
    except Stale:
        log.info("A chunk of the job %s was ended by another worker", job.id)
    except CommitTooLarge as exc:
        raise _Failed(exc) from exc
    return job.running


def _ended(
    jobs: Jobs[J], job: J, chunk: Versioned[Chunk] | None, content: Any
) -> Sequence[Operation]:
    if chunk is None:
        return ()
    ended = replace(chunk.value, content=content, ended_in=job.status)
    return [jobs.replacement(job, chunk, ended)]


async def _try_later(jobs: Jobs[J], header: Versioned[J], now: datetime) -> None:
    job = header.value.attempted(now)
    log.warning("A chunk of the job %s failed, attempt %d", job.id, job.attempts)
    await asyncio.sleep(min(MAX_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**job.attempts))
    try:
        await jobs.replace(header, job)
    except Stale:
        log.info("The job %s goes on with another worker", job.id)


async def _set_aside(
    jobs: Jobs[J],
    header: Versioned[J],
    chunk: Versioned[Chunk] | None,
    failure: _Failed,
    now: datetime,
) -> bool:
    """Go on without the chunk, which stays as it is, and note why in the header."""
    reference = uuid4().hex
    job = header.value.without_next_chunk(failure.code, reference, now)
    log.error(
        "Chunk %d of the job %s was set aside: %s, reference %s\n%s",
        header.value.chunks_done + 1, job.id, failure.code, reference, trace_of(failure.cause),
    )  # fmt: skip
    content = chunk.value.content if chunk else None
    try:
        await jobs.replace(header, job, _ended(jobs, header.value, chunk, content))
    except Stale:
        log.info("The job %s goes on with another worker", job.id)
    return job.running


async def _run(step: Step) -> None:
    while await step():
        pass
