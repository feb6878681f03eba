"""How old the runs are that have not ended."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from shared.context import Context
from shared.distribution.runs.documents import query_unfinished
from shared.distribution.runs.jobs import list_jobs

MAX_RUNS: Final = 100


class RunAge(NamedTuple):
    """The age of the oldest run of a job that has not ended; `interval` is that of the job."""

    job: str
    age: timedelta
    interval: timedelta


async def run_ages(context: Context) -> list[RunAge]:
    """Return the age of the oldest run of each job, 0 where all have ended. Two queries.

    A time that was due and has no run counts as a run: so it notices a clock that stands still.
    Raises Unavailable.
    """
    oldest: dict[str, datetime] = {}
    for run in await query_unfinished(MAX_RUNS, context):
        oldest.setdefault(run.job, run.created_at)
    ages = []
    for stored in await list_jobs(context):
        job = stored.job.value
        if interval := job.interval(context.now):
            since = [
                moment
                for moment in (
                    oldest.get(job.number),
                    job.overdue_since(stored.last_due.value, context.now),
                )
                if moment
            ]
            ages.append(RunAge(job.number, context.now - min(since, default=context.now), interval))
    return ages
