"""Jobs and runs as they are answered."""

from datetime import datetime
from hashlib import sha256
from typing import Annotated, Final

from pydantic import Field

from shared.context import Context
from shared.core.values import Record
from shared.core.versioned import Versioned
from shared.distribution.domain.audits import AuditView
from shared.distribution.domain.jobs import EXCLUDED
from shared.distribution.domain.runs import (
    CustomerVersion,
    GroupResult,
    Run,
    RunStatus,
    Trigger,
)
from shared.distribution.domain.scopes import CUSTOMERS
from shared.distribution.domain.tables import KINDS, order_of
from shared.distribution.index.auditing import last_audit
from shared.distribution.runs import documents
from shared.distribution.runs.documents import StoredJob

SHOWN_DIGITS: Final = 12  # of the hash of an answer, behind the version of what is set


class JobTable(Record):
    """A table of a job."""

    name: Annotated[str, Field(description="Name of the table", examples=["customers"])]
    exclude_from_offline_databases: bool = Field(description=EXCLUDED)


class LastRun(Record):
    """The newest run of a job."""

    id: Annotated[str, Field(description="Id of the run", examples=["1010-20310504T120000Z"])]
    status: RunStatus = Field(description="How far it has come")
    created_at: datetime = Field(description="When it was created")


class JobView(Record):
    """A distribution job: what is sent together, and when."""

    number: Annotated[str, Field(description="Number of the job", examples=["1010"])]
    name: Annotated[str, Field(description="Name of the job", examples=["Customers"])]
    order: Annotated[int, Field(description="Place in the order of application", examples=[7])]
    tables: tuple[JobTable, ...] = Field(description="Tables of the job, as they are applied")
    schedule: Annotated[
        str,
        Field(description="When it is due: NCRONTAB with seconds, UTC", examples=["0 * * * * *"]),
    ]
    active: bool = Field(description="Whether it has runs")
    exclude_from_offline_databases: bool = Field(description=EXCLUDED)
    after: Annotated[
        tuple[str, ...],
        Field(description="Numbers of the jobs to apply before it", examples=[["1070", "1150"]]),
    ]
    last_due: datetime | None = Field(description="The time that it was last run for")
    next_due: datetime | None = Field(
        description="When it is due next; null where it has no runs by the clock"
    )
    last_run: LastRun | None = Field(description="Its newest run; null before the first")
    last_audit: AuditView | None = Field(
        description="The newest audit of the index, of job 1010; null before the first"
    )


class ListedRun(Record):
    """A run of a distribution job."""

    id: Annotated[str, Field(description="Id of the run", examples=["1010-20310504T120000Z"])]
    job: Annotated[str, Field(description="Number of the job", examples=["1010"])]
    status: RunStatus = Field(description="How far the run has come")
    trigger: Trigger = Field(description="Whether the schedule or a request started it")
    due: datetime | None = Field(description="The time that it was due; null by request")
    full: bool = Field(description="Whether everything is sent, and not only what changed")
    missed: int = Field(
        description="How many due times before it had no run, up to 2,000: nobody was there"
    )
    channel_database_groups: tuple[str, ...] = Field(
        description="The groups that were asked for; empty for all"
    )
    includes: tuple[CustomerVersion, ...] = Field(
        description="Versions of customers that it waits for, for 30 seconds at most"
    )
    lacking: tuple[CustomerVersion, ...] = Field(
        description="Those of them that it did not wait for any longer"
    )
    requested_by: Annotated[
        str, Field(description="Who started it", examples=["administrator:ada"])
    ]
    created_at: datetime = Field(description="When it was created")
    started_at: datetime | None = Field(description="When its groups were sent to the queue")
    canceled_at: datetime | None = Field(description="When it was asked to cancel it")
    ended_at: datetime | None = Field(description="When the last of its groups ended")


class RunView(ListedRun):
    """A run of a distribution job, with what became of each group."""

    groups_without_data: int = Field(
        description="Groups that had nothing to receive and are not listed: in runs by schedule"
    )
    groups: tuple[GroupResult, ...] = Field(description="What became of each group, by name")


async def job_view(stored: StoredJob, context: Context) -> Versioned[JobView]:
    """Return the job as it is answered. One query, for its newest run; 1010 has a read more.

    The version is that of what is set, and behind a point the hash of the answer, which says more.
    """
    job, kind, last_due = stored.job.value, stored.job.value.kind, stored.last_due.value
    view = JobView(
        number=job.number,
        name=kind.name,
        order=order_of(job.number),
        tables=tuple(
            JobTable(name=name, exclude_from_offline_databases=name in job.excluded_tables)
            for name in kind.tables
        ),
        schedule=job.schedule,
        active=job.active,
        exclude_from_offline_databases=job.exclude_from_offline_databases,
        after=kind.after,
        last_due=last_due,
        next_due=job.next_due(last_due, context.now),
        last_run=await _last_run(job.number, context),
        last_audit=await _last_audit(job.number, context),
    )
    return Versioned(view, f"{stored.job.etag}.{_hash(view)[:SHOWN_DIGITS]}")


def set_version(if_match: str) -> str:
    """Return of a version of `job_view` that of what is set: the clock may move meanwhile."""
    return if_match.rpartition(".")[0] or if_match


def listed_run(run: Run) -> ListedRun:
    return ListedRun(**{name: getattr(run, name) for name in ListedRun.model_fields})


async def run_view(run: Run, context: Context) -> Versioned[RunView]:
    """Return the run as it is answered. One query, and two point reads until it has ended."""
    results = await documents.all_results(run.id, context)
    counts = run.counts
    if run.has_ended:
        results = [result for result in results if result.has_ended or run.canceled_at]
    elif progress := await documents.read_progress(run.id, context):
        counts = progress.value.counts
        known = {result.channel_database_group for result in results}
        names = enumerate(await documents.read_groups(run.id, context) or [])
        results += [
            GroupResult(channel_database_group=name)
            for place, name in names
            if name not in known and not progress.value.has_ended(place)
        ]
    without_data = [count for status, count in counts.items() if not run.keeps(status)]
    view = RunView(
        **dict(listed_run(run)),
        groups_without_data=sum(without_data),
        groups=tuple(sorted(results, key=lambda result: result.channel_database_group)),
    )
    return Versioned(view, _hash(view)[:20])


async def _last_run(number: str, context: Context) -> LastRun | None:
    runs, _ = await documents.query_runs(number, None, limit=1, continuation=None, context=context)
    return (
        LastRun(**{name: getattr(runs[0].value, name) for name in LastRun.model_fields})
        if runs
        else None
    )


async def _last_audit(number: str, context: Context) -> AuditView | None:
    audit = await last_audit(context) if CUSTOMERS in KINDS[number].tables else None
    return audit.view if audit else None


def _hash(view: Record) -> str:
    return sha256(view.model_dump_json().encode()).hexdigest()
