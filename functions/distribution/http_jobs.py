"""Distribution jobs over HTTP."""

from typing import Any

import azure.functions as func

from functions._http.trigger import (
    JSON,
    MERGE_PATCH,
    Call,
    NoQuery,
    Operation,
    PageOf,
    PageQuery,
    Reply,
    serve,
)
from shared.core.concurrency import side_by_side
from shared.distribution.domain.audits import AuditView, NothingToAudit
from shared.distribution.domain.exclusions import ExclusionChange, ExclusionPreview
from shared.distribution.domain.jobs import (
    DistributionJobNotFound,
    ExclusionBreaks,
    JobChange,
    JobIsPushed,
)
from shared.distribution.exclusion import previews
from shared.distribution.exclusion.planning import plan_exclusion
from shared.distribution.index.auditing import check_audited, start_audit
from shared.distribution.runs import jobs as usecases
from shared.distribution.runs.documents import StoredJob
from shared.distribution.runs.views import JobView, job_view, set_version

bp = func.Blueprint()

JOBS = "distribution-jobs"
JOB = f"{JOBS}/{{number}}"
QUERIES_AT_ONCE = 8


@serve(
    bp,
    Operation(
        "GET", JOBS, who="EAH", open_to_associates=True, returns=PageOf[JobView], tag="Distribution"
    ),
)
async def list_distribution_jobs(call: Call[PageQuery, None]) -> Reply:
    """List the distribution jobs.

    In the order in which channels apply them.
    """
    context = call.context

    async def item(stored: StoredJob) -> dict[str, object]:
        view = await job_view(stored, context)
        return view.value.model_dump(mode="json", by_alias=True) | {"etag": view.etag}

    jobs = await usecases.list_jobs(context)
    return Reply(call.slice(await side_by_side(jobs, item, at_once=QUERIES_AT_ONCE)))


@serve(
    bp,
    Operation(
        "GET",
        JOB,
        who="EAH",
        open_to_associates=True,
        returns=JobView,
        tag="Distribution",
        refuses=(DistributionJobNotFound,),
    ),
)
async def get_distribution_job(call: Call[NoQuery, None]) -> Reply:
    """Get a distribution job.

    With the time that it was last run for, when it is due next, and its newest run.
    """
    return await _reply(await usecases.read_job(call.path["number"], call.context), call)


@serve(
    bp,
    Operation(
        "PATCH",
        JOB,
        who="H",
        returns=JobView,
        if_match="required",
        media_types=(JSON, MERGE_PATCH),
        tag="Distribution",
        refuses=(DistributionJobNotFound, ExclusionBreaks, JobIsPushed),
    ),
)
async def edit_distribution_job(call: Call[NoQuery, JobChange]) -> Reply:
    """Edit a distribution job.

    Its schedule, whether it is active, and what of it is excluded: sent to no channel. If-Match
    holds what is set; runs that have started since do not count.
    """
    stored = await usecases.change_job(
        call.path["number"],
        call.body,
        if_match=set_version(call.version),
        context=call.context,
    )
    return await _reply(stored, call)


@serve(
    bp,
    Operation(
        "POST",
        f"{JOB}/exclusion-previews",
        who="H",
        returns=PageOf[ExclusionPreview],
        never_kept=True,
        tag="Distribution",
        refuses=(DistributionJobNotFound, ExclusionBreaks, JobIsPushed),
    ),
)
async def preview_exclusion(call: Call[PageQuery, ExclusionChange]) -> Reply:
    """Preview what a change of offline data exclusion takes from channels.

    For each channel database group: rows of each table, operations that are lost offline, and
    sessions that are under way. The body is what the job, or a group, would be edited with, and is
    refused as that would be. Nothing is stored.
    """
    number, context = call.path["number"], call.context
    plan = await plan_exclusion(number, call.body, context)
    start = call.position() or 0
    end = start + call.query.limit
    groups = await previews.preview_exclusion(plan, plan.groups[start:end], context=context)
    items = [preview.model_dump(mode="json", by_alias=True) for preview in groups]
    return Reply(call.page(items, end if end < len(plan.groups) else None))


@serve(
    bp,
    Operation(
        "POST",
        f"{JOB}/audits",
        who="H",
        returns=AuditView,
        status=202,
        tag="Distribution",
        refuses=(DistributionJobNotFound, NothingToAudit),
    ),
)
async def start_index_audit(call: Call[NoQuery, None]) -> Reply:
    """Start an audit of what job 1010 is built from.

    Each customer is compared with the index of changes, and what that lacks is added. It goes on
    in the background: `lastAudit` of the job, at Location, says how far it has come. One that has
    not ended goes on. Each night one is started in any case.
    """
    number = call.path["number"]
    check_audited(number)
    audit = await start_audit(call.context)
    return Reply(audit.view, location=call.url(JOBS, number))


async def _reply(stored: StoredJob, call: Call[Any, Any]) -> Reply:
    view = await job_view(stored, call.context)
    return Reply(view.value, etag=view.etag)
