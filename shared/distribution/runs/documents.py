"""Jobs and runs as documents: the only place that knows how. Both are in one partition.

What is particular to one run is in a partition of its own: how far it has come, and the results of
its groups.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from shared.context import Context
from shared.core.evolve import evolve
from shared.core.values import as_text
from shared.core.versioned import Versioned
from shared.distribution.domain.jobs import Due, Job
from shared.distribution.domain.runs import (
    RETENTION,
    RETENTION_WITHOUT_DATA,
    GroupResult,
    GroupStatus,
    Run,
)
from shared.ports.documents import (
    Condition,
    Create,
    Document,
    Equal,
    In,
    Operation,
    Order,
    Partition,
    Replace,
)

CONTAINER: Final = "distribution"
JOBS: Final = "*jobs"  # the partition; no key of a setting begins so
JOB, CLOCK, RUN = "distribution-job", "distribution-clock", "distribution-run"
PROGRESS, RESULT = "distribution-progress", "group-result"
GROUPS: Final = "distribution-groups"
SCHEMA_VERSION: Final = 1
NEWEST_FIRST: Final = Order(("job", "createdAt"), descending=True)
OLDEST_FIRST: Final = Order(("type", "createdAt"))


@dataclass(frozen=True, slots=True)
class StoredJob:
    """A job with its clock: each has a version of its own, for the clock moves each minute."""

    job: Versioned[Job]
    last_due: Versioned[datetime | None]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come: how many groups it has, which have ended, and how.

    `ended` has a bit for each group, at its place among them.
    """

    groups: int
    ended: int = 0
    counts: dict[GroupStatus, int] = field(default_factory=dict)

    def has_ended(self, place: int) -> bool:
        return bool(self.ended >> place & 1)

    @property
    def is_over(self) -> bool:
        return self.ended.bit_count() >= self.groups

    def with_ended(self, place: int, status: GroupStatus) -> "Progress":
        counts = {**self.counts, status: self.counts.get(status, 0) + 1}
        return Progress(self.groups, self.ended | 1 << place, counts)


async def query_jobs(context: Context) -> dict[str, StoredJob]:
    """Return the stored jobs by their numbers. One query, however many runs there are."""
    jobs: dict[str, Versioned[Job]] = {}
    clocks: dict[str, Versioned[datetime | None]] = {}
    where = context.partition(JOBS)
    async for document in context.documents.all(CONTAINER, where, In("type", (JOB, CLOCK))):
        number = document.body["number"]
        if document.body["type"] == JOB:
            jobs[number] = _job_of(document)
        else:
            clocks[number] = _clock_of(document)
    return {
        number: StoredJob(job, clocks[number]) for number, job in jobs.items() if number in clocks
    }


async def find_job(number: str, context: Context) -> StoredJob | None:
    """Return the job. Two point reads."""
    job = await _read(context.partition(JOBS), f"{JOB}:{number}", context)
    clock = await _read(context.partition(JOBS), f"{CLOCK}:{number}", context)
    return StoredJob(_job_of(job), _clock_of(clock)) if job and clock else None


async def create_jobs(jobs: Iterable[Job], context: Context) -> None:
    """Write the jobs with their clocks, all or none. Raises AlreadyExists."""
    operations: list[Operation] = []
    for job in jobs:
        operations += [Create(_job_body(job)), Create(_clock_body(job.number, None))]
    await context.documents.commit(CONTAINER, context.partition(JOBS), operations)


async def replace_job(job: Job, etag: str, context: Context) -> Versioned[Job]:
    """Write it over the version that was read. Raises Stale."""
    operation = Replace(_job_body(job), etag)
    [written] = await context.documents.commit(CONTAINER, context.partition(JOBS), [operation])
    return Versioned(job, written)


async def move_clock(stored: StoredJob, due: Due, run: Run, context: Context) -> None:
    """Move the clock to a due time and create its run, both or none. Raises Stale, AlreadyExists.

    So a due time has one run, however many look at the clock at once.
    """
    clock = _clock_body(stored.job.value.number, due.at)
    operations: list[Operation] = [Replace(clock, stored.last_due.etag), Create(_run_body(run))]
    await context.documents.commit(CONTAINER, context.partition(JOBS), operations)


async def create_run(run: Run, context: Context) -> Versioned[Run]:
    """Write a new run. Raises AlreadyExists."""
    operation = Create(_run_body(run))
    [etag] = await context.documents.commit(CONTAINER, context.partition(JOBS), [operation])
    return Versioned(run, etag)


async def find_run(run_id: str, context: Context) -> Versioned[Run] | None:
    """Return the run. One point read."""
    document = await _read(context.partition(JOBS), f"{RUN}:{run_id}", context)
    return _run_of(document) if document else None


async def replace_run(run: Run, etag: str, context: Context) -> Versioned[Run]:
    """Write it over the version that was read. Raises Stale."""
    run = evolve(run, revision=run.revision + 1)
    operation = Replace(_run_body(run), etag)
    [written] = await context.documents.commit(CONTAINER, context.partition(JOBS), [operation])
    return Versioned(run, written)


async def query_runs(
    job: str, status: str | None, *, limit: int, continuation: str | None, context: Context
) -> tuple[list[Versioned[Run]], str | None]:
    """Return a page of the runs of a job, newest first. One query."""
    conditions: list[Condition] = [Equal("job", job)]
    if status:
        conditions.append(Equal("status", status))
    page = await context.documents.query(
        CONTAINER,
        context.partition(JOBS),
        *conditions,
        order=NEWEST_FIRST,
        limit=limit,
        continuation=continuation,
    )
    return [_run_of(document) for document in page.documents], page.continuation


async def query_unfinished(limit: int, context: Context) -> list[Run]:
    """Return the first runs that have not ended, oldest first. One query."""
    where, unfinished = context.partition(JOBS), In("status", ("Queued", "Running"))
    page = await context.documents.query(
        CONTAINER, where, Equal("type", RUN), unfinished, order=OLDEST_FIRST, limit=limit
    )
    return [_run_of(document).value for document in page.documents]


async def create_groups(run_id: str, groups: Sequence[str], context: Context) -> None:
    """Write which groups a run is for, once and for all. Raises AlreadyExists."""
    noted = _kept({"id": GROUPS, "type": GROUPS, "names": list(groups)})
    operations = [Create(noted), Create(_progress_body(Progress(len(groups))))]
    await context.documents.commit(CONTAINER, _of_run(run_id, context), operations)


async def read_groups(run_id: str, context: Context) -> list[str] | None:
    """Return the groups of a run in their places; None before it is sent, or once it is over."""
    document = await _read(_of_run(run_id, context), GROUPS, context)
    return list(document.body["names"]) if document else None


async def read_progress(run_id: str, context: Context) -> Versioned[Progress] | None:
    """Return how far the run has come; None before it is sent. One point read."""
    document = await _read(_of_run(run_id, context), PROGRESS, context)
    if document is None:
        return None
    body = document.body
    progress = Progress(body["groups"], int(body["ended"], 16), body["counts"])
    return Versioned(progress, document.etag)


async def write_progress(
    run_id: str,
    progress: Versioned[Progress],
    operations: Sequence[Operation],
    context: Context,
) -> None:
    """Write it over the version that was read, with what belongs to it. Raises Stale."""
    replace = Replace(_progress_body(progress.value), progress.etag)
    await context.documents.commit(CONTAINER, _of_run(run_id, context), [replace, *operations])


async def create_result(run_id: str, result: GroupResult, context: Context) -> None:
    """Write the first result of a group. Raises AlreadyExists."""
    operation = Create(result_body(result))
    await context.documents.commit(CONTAINER, _of_run(run_id, context), [operation])


async def find_result(run_id: str, group: str, context: Context) -> GroupResult | None:
    """Return the result of a group. One point read."""
    document = await _read(_of_run(run_id, context), result_id(group), context)
    return GroupResult.model_validate(document.body) if document else None


async def all_results(run_id: str, context: Context) -> list[GroupResult]:
    """Return the results of the groups that have one, by their names. A query for each 500."""
    where = _of_run(run_id, context)
    found = context.documents.all(CONTAINER, where, Equal("type", RESULT))
    return [GroupResult.model_validate(document.body) async for document in found]


def result_id(group: str) -> str:
    return f"{RESULT}:{group}"


def result_body(result: GroupResult) -> dict[str, Any]:
    body = result.model_dump(mode="json", by_alias=True)
    return _kept(body | {"id": result_id(result.channel_database_group), "type": RESULT})


def _of_run(run_id: str, context: Context) -> Partition:
    return context.partition(f"*run:{run_id}")


async def _read(where: Partition, name: str, context: Context) -> Document | None:
    return await context.documents.read(CONTAINER, where, name)


def _job_body(job: Job) -> dict[str, Any]:
    return job.model_dump(mode="json", by_alias=True) | {
        "id": f"{JOB}:{job.number}",
        "type": JOB,
        "schemaVersion": SCHEMA_VERSION,
    }


def _clock_body(number: str, last_due: datetime | None) -> dict[str, Any]:
    return {
        "id": f"{CLOCK}:{number}",
        "type": CLOCK,
        "number": number,
        "lastDue": as_text(last_due) if last_due else None,
        "schemaVersion": SCHEMA_VERSION,
    }


def _run_body(run: Run) -> dict[str, Any]:
    return run.model_dump(mode="json", by_alias=True) | {
        "id": f"{RUN}:{run.id}",
        "runId": run.id,
        "type": RUN,
        "createdAt": as_text(run.created_at),
        "schemaVersion": SCHEMA_VERSION,
        "ttl": int(run.retention.total_seconds()),
    }


def _progress_body(progress: Progress) -> dict[str, Any]:
    return _kept(
        {
            "id": PROGRESS,
            "type": PROGRESS,
            "groups": progress.groups,
            "ended": f"{progress.ended:x}",
            "counts": progress.counts,
        },
        RETENTION_WITHOUT_DATA if progress.is_over else RETENTION,
    )


def _kept(body: dict[str, Any], retention: timedelta = RETENTION) -> dict[str, Any]:
    return body | {"schemaVersion": SCHEMA_VERSION, "ttl": int(retention.total_seconds())}


def _job_of(document: Document) -> Versioned[Job]:
    return Versioned(Job.model_validate(document.body), document.etag)


def _clock_of(document: Document) -> Versioned[datetime | None]:
    last_due = document.body["lastDue"]
    return Versioned(datetime.fromisoformat(last_due) if last_due else None, document.etag)


def _run_of(document: Document) -> Versioned[Run]:
    body = document.body
    return Versioned(Run.model_validate(body | {"id": body["runId"]}), document.etag)
