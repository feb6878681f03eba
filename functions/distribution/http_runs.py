"""Runs of distribution jobs over HTTP."""

from typing import Annotated, Any

import azure.functions as func
from pydantic import Field

from functions._http.trigger import Call, NoQuery, Operation, PageOf, PageQuery, Reply, serve
from shared.core.errors import Invalid
from shared.core.versioned import Versioned
from shared.distribution.domain.jobs import (
    DistributionJobNotFound,
    JobInactive,
    JobIsPushed,
    check_number,
)
from shared.distribution.domain.runs import NewRun, Run, RunEnded, RunNotFound, RunStatus
from shared.distribution.runs import starting as usecases
from shared.distribution.runs.documents import query_runs
from shared.distribution.runs.views import ListedRun, RunView, listed_run, run_view

bp = func.Blueprint()

RUNS = "distribution-jobs/{number}/runs"
RUN = f"{RUNS}/{{runId}}"


class RunQuery(PageQuery):
    status: Annotated[RunStatus | None, Field(description="Filter runs by their status")] = None


@serve(
    bp,
    Operation(
        "POST",
        RUNS,
        who="AH",
        returns=RunView,
        status=202,
        body_optional=True,
        tag="Distribution",
        refuses=(DistributionJobNotFound, JobInactive, JobIsPushed, Invalid),
    ),
)
async def start_distribution_run(call: Call[NoQuery, NewRun | None]) -> Reply:
    """Start a run of a distribution job now.

    It goes on in the background: Location is where to read how far it has come. With `includes` it
    waits, up to 30 seconds, for what the caller has just written.
    """
    number = call.path["number"]
    run = await usecases.start_run(number, call.body or NewRun(), context=call.context)
    return await _reply(
        run, call, location=call.url("distribution-jobs", number, "runs", run.value.id)
    )


@serve(
    bp,
    Operation(
        "GET",
        RUNS,
        who="EAH",
        open_to_associates=True,
        returns=PageOf[ListedRun],
        tag="Distribution",
        refuses=(DistributionJobNotFound,),
    ),
)
async def list_distribution_runs(call: Call[RunQuery, None]) -> Reply:
    """List the runs of a distribution job.

    The newest come first, without their groups. Runs are kept for 90 days, and those of the
    schedule in which no group had data for one.
    """
    number = check_number(call.path["number"]).number
    runs, continuation = await query_runs(
        number,
        call.query.status,
        limit=call.query.limit,
        continuation=call.position(),
        context=call.context,
    )
    return Reply(call.page([_item(run) for run in runs], continuation))


@serve(
    bp,
    Operation(
        "GET",
        RUN,
        who="EAH",
        open_to_associates=True,
        returns=RunView,
        tag="Distribution",
        refuses=(DistributionJobNotFound, RunNotFound),
    ),
)
async def get_distribution_run(call: Call[NoQuery, None]) -> Reply:
    """Get a run of a distribution job.

    With what became of each channel database group; in a run of the schedule, groups without data
    are only counted.
    """
    path = call.path
    return await _reply(
        await usecases.read_run_of_job(path["number"], path["runId"], call.context), call
    )


@serve(
    bp,
    Operation(
        "POST",
        f"{RUN}/cancellation",
        who="H",
        returns=RunView,
        status=202,
        tag="Distribution",
        refuses=(DistributionJobNotFound, RunNotFound, RunEnded),
    ),
)
async def cancel_distribution_run(call: Call[NoQuery, None]) -> Reply:
    """Cancel a run of a distribution job.

    Packages that are there already stay. It ends once its groups have stopped; canceled again, the
    answer is the same until then.
    """
    path = call.path
    run = await usecases.cancel_run(path["number"], path["runId"], context=call.context)
    return await _reply(run, call)


async def _reply(run: Versioned[Run], call: Call[Any, Any], location: str | None = None) -> Reply:
    view = await run_view(run.value, call.context)
    return Reply(view.value, etag=view.etag, location=location)


def _item(run: Versioned[Run]) -> dict[str, Any]:
    return listed_run(run.value).model_dump(mode="json", by_alias=True) | {"etag": run.etag}
