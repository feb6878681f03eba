"""Runs by hand: started now, and canceled."""

from collections.abc import Sequence

from shared.configuration.domain import collections as col
from shared.configuration.settings import all_settings
from shared.context import Context
from shared.core.concurrency import side_by_side
from shared.core.errors import AlreadyExists, Flaw, Invalid
from shared.core.retry import until_not_stale
from shared.core.versioned import Versioned
from shared.customers.customers import customer_exists, resolve
from shared.customers.domain.customers import CustomerNotFound
from shared.distribution.domain.groups import Groups, groups_of
from shared.distribution.domain.jobs import JobInactive, JobIsPushed, check_number
from shared.distribution.domain.runs import (
    CustomerVersion,
    IncludedVersion,
    NewRun,
    Run,
    RunNotFound,
    run_id_by_hand,
)
from shared.distribution.runs import documents
from shared.distribution.runs.jobs import read_job

READS_AT_ONCE = 16


async def current_groups(context: Context) -> Groups:
    """Return the channels of each group as they are set now. One query for each 500."""
    stores = await all_settings(col.STORES, context=context)
    groups = await all_settings(col.CHANNEL_GROUPS, context=context)
    return groups_of(stores, groups)


async def start_run(number: str, new: NewRun, *, context: Context) -> Versioned[Run]:
    """Create a run of a job for the feed to send; the same request again is the same run.

    Raises DistributionJobNotFound, JobIsPushed, JobInactive, Invalid.
    """
    if check_number(number).is_pushed:
        raise JobIsPushed(f"Channels push job {number} themselves.")
    if not (await read_job(number, context)).job.value.active:
        raise JobInactive(f"Job {number} is not active.")
    await _check_groups(new.channel_database_groups, context)
    run = Run(
        id=run_id_by_hand(number, context.new_id()),
        job=number,
        trigger="RunNow",
        full=new.full,
        channel_database_groups=tuple(dict.fromkeys(new.channel_database_groups)),
        includes=await _included(new.includes, context),
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


async def _check_groups(names: Sequence[str], context: Context) -> None:
    groups = await current_groups(context) if names else {}
    flaws = [
        Flaw(
            f"/channelDatabaseGroups/{index}",
            "unknown-channel-database-group",
            f"There is no channel database group {name} that has channels.",
        )
        for index, name in enumerate(names)
        if name not in groups
    ]
    if flaws:
        raise Invalid(flaws)


async def _included(
    includes: Sequence[IncludedVersion], context: Context
) -> tuple[CustomerVersion, ...]:
    """Return what to wait for, by the GUIDs of the customers. Raises Invalid."""

    async def find(included: IncludedVersion) -> CustomerVersion | None:
        try:
            key = await resolve(included.customer_id, context=context)
        except CustomerNotFound:
            return None
        exists = await customer_exists(context.documents, context.legal_entity, key)
        return CustomerVersion(customer_id=key, version=included.version) if exists else None

    found = await side_by_side(includes, find, at_once=READS_AT_ONCE)
    flaws = [
        Flaw(f"/includes/{index}/customerId", "customer-not-found", "There is no such customer.")
        for index, version in enumerate(found)
        if version is None
    ]
    if flaws:
        raise Invalid(flaws)
    return tuple(version for version in found if version)
