"""Runs by hand: started now, and canceled."""

from shared.context import Context
from shared.core.errors import AlreadyExists
from shared.core.retry import until_not_stale
from shared.core.versioned import Versioned
from shared.distribution.domain.jobs import JobInactive, JobIsPushed, check_number
from shared.distribution.domain.runs import (
    NewRun,
    Run,
    RunNotFound,
    run_id_by_hand,
)
from shared.distribution.runs import documents
from shared.distribution.runs.including import check_groups, included_versions
from shared.distribution.runs.jobs import read_job


async def start_run(number: str, new: NewRun, *, context: Context) -> Versioned[Run]:
    """Create a run of a job for the feed to send; the same request again is the same run.

    Raises DistributionJobNotFound, JobIsPushed, JobInactive, Invalid.
    """
    if check_number(number).is_pushed:
        raise JobIsPushed(f"Channels push job {number} themselves.")
    if not (await read_job(number, context)).job.value.active:
        raise JobInactive(f"Job {number} is not active.")
    await check_groups(new.channel_database_groups, context)
    run = Run(
        id=run_id_by_hand(number, context.new_id()),
        job=number,
        trigger="RunNow",
        full=new.full,
        channel_database_groups=tuple(dict.fromkeys(new.channel_database_groups)),
        includes=await included_versions(new.includes, context),
        requested_by=context.actor,
        created_at=context.now,
        traceparent=context.traceparent,
    )
    try:
        return await documents.create_run(run, context)
    except AlreadyExists:
        return await read_run_of_job(number, run.id, context)


async def read_run_of_job(number: str, run_id: str, context: Context) -> Versioned[Run]:
    """Return the run of the job. One point read. Raises DistributionJobNotFound, RunNotFound."""
    check_number(number)
    stored = await documents.find_run(run_id, context)
    if stored is None or stored.value.job != number:
        raise RunNotFound(f"Job {number} has no run {run_id}.")
    return stored


async def cancel_run(number: str, run_id: str, *, context: Context) -> Versioned[Run]:
    """Cancel a run that has not ended; the same again changes nothing.

    Raises DistributionJobNotFound, RunNotFound, RunEnded.
    """

    async def attempt() -> Versioned[Run]:
        stored = await read_run_of_job(number, run_id, context)
        canceled = stored.value.canceled(context.now)
        if canceled == stored.value:
            return stored
        return await documents.replace_run(canceled, stored.etag, context)

    return await until_not_stale(attempt, turn=context.turn("run", run_id))
