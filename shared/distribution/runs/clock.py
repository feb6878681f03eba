"""The clock of distribution jobs: what is due now gets a run, once."""

from shared.context import Context
from shared.core.errors import AlreadyExists, Stale
from shared.distribution.domain.runs import Run, run_id_of_due
from shared.distribution.runs.documents import StoredJob, move_clock
from shared.distribution.runs.jobs import list_jobs


async def start_due_runs(context: Context) -> int:
    """Create a run for each job of the company that is due; return how many were created.

    One query, and one commit for each run. However many ask at once, and however wrong their
    clocks are, a due time has one run; times that nobody asked at are one run. Raises Unavailable.
    """
    return sum([await _start_if_due(stored, context) for stored in await list_jobs(context)])


async def _start_if_due(stored: StoredJob, context: Context) -> bool:
    job = stored.job.value
    due = job.due(stored.last_due.value, context.now)
    if due is None:
        return False
    run = Run(
        id=run_id_of_due(job.number, due.at),
        job=job.number,
        trigger="Schedule",
        due=due.at,
        missed=due.missed,
        requested_by=context.actor,
        created_at=context.now,
        traceparent=context.traceparent,
    )
    try:
        await move_clock(stored, due, run, context)
    except (Stale, AlreadyExists):
        return False  # another host has started it
    return True
