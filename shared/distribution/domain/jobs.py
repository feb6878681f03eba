"""Distribution jobs: what people set about them, and the clock that says when they were due."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, TypeVar

from pydantic import Field, StringConstraints

from shared.core.errors import Conflict, Flaw, Invalid, NotFound
from shared.core.evolve import evolve
from shared.core.schedules import check_schedule, read_schedule
from shared.core.values import Body, Record
from shared.distribution.domain.tables import KINDS, NEVER_EXCLUDED, JobKind

ScheduleText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=250)]
T = TypeVar("T")
EXCLUDED = "Whether it is sent to no channel: offline data exclusion"


class DistributionJobNotFound(NotFound):
    """There is no distribution job of this number."""

    code = "distribution-job-not-found"


class JobInactive(Conflict):
    """The job is not active, so it has no runs."""

    code = "job-inactive"


class JobIsPushed(Conflict):
    """Channels push what this job transfers, so head office neither runs nor excludes it."""

    code = "job-is-pushed"


class ExclusionBreaks(Conflict):
    """A channel cannot trade without what would be excluded; `breaks` names it."""

    code = "exclusion-breaks"


class TableExclusion(Body):
    """Whether a table is sent to channels."""

    name: Annotated[str, Field(description="Name of the table", examples=["customers"])]
    exclude_from_offline_databases: bool = Field(description=EXCLUDED)


class JobChange(Body):
    """What to change of a distribution job; what is left out stays as it is."""

    schedule: Annotated[
        ScheduleText | None,
        Field(
            description="When the job is due: NCRONTAB with seconds, UTC, once a minute at most",
            examples=["0 5/15 * * * *"],
        ),
    ] = None
    active: bool | None = Field(None, description="Whether the job has runs")
    exclude_from_offline_databases: bool | None = Field(None, description=EXCLUDED)
    tables: Annotated[list[TableExclusion], Field(max_length=50)] = Field(
        [], description="Tables to exclude or to send again; the others stay as they are"
    )


class Job(Record):
    """A distribution job of a company. Times that were due before `since` do not count.

    `excluded_tables` are sent to no channel. `since` is when it was last made, switched on, or
    given another schedule.
    """

    number: str
    schedule: str
    active: bool = True
    exclude_from_offline_databases: bool = False
    excluded_tables: tuple[str, ...] = ()
    since: datetime

    @property
    def kind(self) -> JobKind:
        return KINDS[self.number]

    def changed(self, change: JobChange, now: datetime) -> "Job":
        """Return the job with the change. Raises Invalid, ExclusionBreaks, JobIsPushed."""
        if change.schedule is not None:
            check_schedule(change.schedule, "/schedule", now)
        after = evolve(
            self,
            schedule=_either(change.schedule, self.schedule),
            active=_either(change.active, self.active),
            exclude_from_offline_databases=_either(
                change.exclude_from_offline_databases, self.exclude_from_offline_databases
            ),
            excluded_tables=self._excluded(change.tables),
        )
        _check_exclusions(after)
        is_restarted = after.schedule != self.schedule or (after.active and not self.active)
        return evolve(after, since=now) if is_restarted else after

    def due(self, last: datetime | None, now: datetime) -> "Due | None":
        """Return the time that it is due now, and how many before it were missed; None if none.

        `last` is the time that it was last run for. However long nobody looked, one time is due.
        """
        if not self.active or self.kind.is_pushed:
            return None
        schedule = read_schedule(self.schedule)
        after = max(last or self.since, self.since)
        latest = schedule.latest(now)
        if latest is None or latest <= after:
            return None
        return Due(at=latest, missed=schedule.count(after, latest))

    def next_due(self, last: datetime | None, now: datetime) -> datetime | None:
        """Return when it is due next; None where it has no runs by the clock."""
        if not self.active or self.kind.is_pushed:
            return None
        return read_schedule(self.schedule).following(max(now, last or now))

    def overdue_since(self, last: datetime | None, now: datetime) -> datetime | None:
        """Return the first time that it was due, and was not run for; None if there is none."""
        if not self.active or self.kind.is_pushed:
            return None
        first = read_schedule(self.schedule).following(max(last or self.since, self.since))
        return first if first and first <= now else None

    def interval(self, now: datetime) -> timedelta | None:
        """Return how long it is from the next due time to the one after; None if there are none."""
        if self.kind.is_pushed:
            return None
        schedule = read_schedule(self.schedule)
        first = schedule.following(now)
        second = schedule.following(first) if first else None
        return second - first if first and second else None

    def _excluded(self, tables: Sequence[TableExclusion]) -> tuple[str, ...]:
        """Return the excluded tables, in the order of the catalog. Raises Invalid."""
        flaws = [
            Flaw(
                f"/tables/{index}/name",
                "table-not-of-job",
                f"Job {self.number} does not have a table {table.name}.",
            )
            for index, table in enumerate(tables)
            if table.name not in self.kind.tables
        ]
        if flaws:
            raise Invalid(flaws)
        said = {table.name: table.exclude_from_offline_databases for table in tables}
        return tuple(
            name for name in self.kind.tables if said.get(name, name in self.excluded_tables)
        )


class Due(Record):
    """A time at which a job is due, and how many times before it were missed."""

    at: datetime
    missed: int = 0


def new_job(number: str, now: datetime) -> Job:
    """Return the job as a company has it at first: active, and nothing of it excluded."""
    return Job(number=number, schedule=KINDS[number].schedule, since=now)


def check_number(number: str) -> JobKind:
    """Return the job of this number. Raises DistributionJobNotFound."""
    if number not in KINDS:
        raise DistributionJobNotFound(f"There is no distribution job {number}.")
    return KINDS[number]


def _check_exclusions(job: Job) -> None:
    is_excluded = job.exclude_from_offline_databases
    if is_excluded and job.kind.is_pushed:
        raise JobIsPushed(f"Nothing of job {job.number} is sent to channels.")
    excluded: Iterable[str] = [*([job.number] if is_excluded else []), *job.excluded_tables]
    if breaks := [name for name in excluded if name in NEVER_EXCLUDED]:
        raise ExclusionBreaks(
            f"Channels cannot trade without {' and '.join(breaks)}.", breaks=breaks
        )


def _either(change: T | None, present: T) -> T:
    return present if change is None else change
