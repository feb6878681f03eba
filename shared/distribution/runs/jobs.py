"""The distribution jobs of a company: every company has all of them, from the first look on."""

from shared.context import Context
from shared.core.retry import check_version, until_not_stale, write
from shared.distribution.domain.jobs import JobChange, check_number, new_job
from shared.distribution.domain.tables import CATALOG, KINDS
from shared.distribution.runs import documents
from shared.distribution.runs.documents import StoredJob


async def list_jobs(context: Context) -> list[StoredJob]:
    """Return the jobs in the order of application. One query. Raises Unavailable."""

    async def attempt() -> list[StoredJob]:
        jobs = await documents.query_jobs(context)
        missing = [kind.number for kind in CATALOG if kind.number not in jobs]
        if missing:
            new = [new_job(number, context.now) for number in missing]
            await documents.create_jobs(new, context)
            jobs = await documents.query_jobs(context)
        return [jobs[number] for number in KINDS]

    return await until_not_stale(attempt, turn=context.turn("jobs"))


async def read_job(number: str, context: Context) -> StoredJob:
    """Return the job. Two point reads. Raises DistributionJobNotFound, Unavailable."""
    check_number(number)
    stored = await documents.find_job(number, context)
    if stored is None:
        jobs = await list_jobs(context)
        stored = next(one for one in jobs if one.job.value.number == number)
    return stored


async def change_job(
    number: str, change: JobChange, *, if_match: str, context: Context
) -> StoredJob:
    """Change what is set about a job; its clock goes on meanwhile.

    Raises DistributionJobNotFound, Invalid, ExclusionBreaks, JobIsPushed, Stale.
    """

    async def attempt() -> StoredJob:
        stored = await read_job(number, context)
        check_version(stored.job.etag, if_match)
        changed = stored.job.value.changed(change, context.now)
        written = await documents.replace_job(changed, stored.job.etag, context)
        return StoredJob(written, stored.last_due)

    return await write(attempt, if_match=if_match, turn=context.turn("job", number))
