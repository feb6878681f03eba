"""What a change of offline data exclusion would make of a job and of who holds it."""

from dataclasses import dataclass

from shared.context import Context
from shared.core.errors import Invalid
from shared.distribution.audience import Audience, read_audience
from shared.distribution.domain.exclusions import ExclusionChange
from shared.distribution.domain.jobs import Job
from shared.distribution.domain.scopes import Scope
from shared.distribution.runs.jobs import read_job


@dataclass(frozen=True, slots=True)
class Plan:
    """A job and an audience as they are, and as they would be; `groups` are those to look at."""

    job: Job
    audience: Audience
    changed_job: Job
    changed_audience: Audience
    groups: tuple[str, ...]

    def before(self, group: str) -> Scope:
        return self.audience.scope(group, self.job)

    def after(self, group: str) -> Scope:
        return self.changed_audience.scope(group, self.changed_job)


async def plan_exclusion(number: str, change: ExclusionChange, context: Context) -> Plan:
    """Return what would be changed, and for which groups, by their names.

    Everything is refused that the change itself would be. Raises DistributionJobNotFound,
    ExclusionBreaks, JobIsPushed, Invalid.
    """
    job = (await read_job(number, context)).job.value
    audience = await read_audience(context)
    change.check_is_one()
    changed_job = job.changed(change, context.now)
    group = change.channel_database_group
    if group is None:
        return Plan(job, audience, changed_job, audience, tuple(audience.groups))
    if group not in audience.groups:
        raise Invalid.at(
            "/channelDatabaseGroup",
            "unknown-channel-database-group",
            f"There is no channel database group {group} that has channels.",
        )
    filters = bool(change.filter_shared_customer_data)
    return Plan(job, audience, changed_job, audience.filtering(group, filters=filters), (group,))
