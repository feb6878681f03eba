"""Building for a run: what a message of the queue asks for, and what becomes of its group."""

import asyncio
import time
from collections.abc import Sequence
from functools import partial
from typing import Final

from shared.context import Context
from shared.core.evolve import evolve
from shared.distribution.audience import Audience, read_audience
from shared.distribution.building.build import BuildCanceled, Built, Order, build_package
from shared.distribution.domain.jobs import Job
from shared.distribution.domain.packages import Package
from shared.distribution.domain.runs import BuildPackage, CustomerVersion, GroupResult, Run
from shared.distribution.domain.runs import Form as RunForm
from shared.distribution.index.customers import is_indexed
from shared.distribution.runs.jobs import read_job
from shared.distribution.runs.results import (
    begin_group,
    end_group,
    is_canceled,
    note_lacking,
    read_run,
)
from shared.ports.packages import Packages

SYSTEM: Final = "system:"
PATIENCE_SECONDS: Final = 30.0  # for what a run includes to be in the index
POLL_SECONDS: Final = 0.1


async def build_for_run(
    command: BuildPackage, *, packages: Packages, context: Context
) -> Built | None:
    """Build the package of one group, and say what became of it; None if nothing was to be done.

    The message may come again: what was built is found. Raises RunNotFound, Unavailable.
    """
    run = (await read_run(command.run, context)).value
    result = GroupResult(channel_database_group=command.group)
    if run.canceled_at:
        await end_group(command, evolve(result, status="Canceled"), context)
        return None
    if run.trigger == "RunNow" and not await begin_group(command, context):
        return None
    await _await_included(run, context)
    begun = time.monotonic()
    job = (await read_job(command.job, context)).job.value
    order = _order(command, run, job, await read_audience(context))
    asked = partial(is_canceled, run.id, context)
    try:
        built = await build_package(order, packages=packages, context=context, is_canceled=asked)
    except BuildCanceled:
        await end_group(command, evolve(result, status="Canceled"), context)
        return None
    seconds = round(time.monotonic() - begun, 3)
    await end_group(command, evolve(_outcome(built, result), seconds=seconds), context)
    return built


async def fail_for_run(command: BuildPackage, message: str, context: Context) -> None:
    """Say that the package could not be built."""
    failed = GroupResult(channel_database_group=command.group, status="Failed", message=message)
    await end_group(command, failed, context)


def _order(command: BuildPackage, run: Run, job: Job, audience: Audience) -> Order:
    return Order(
        group=command.group,
        job=command.job,
        run=run.id,
        scope=audience.scope(command.group, job),
        after=job.kind.after,
        is_full=run.full,
        is_by_hand=not run.requested_by.startswith(SYSTEM),
    )


def _outcome(built: Built, result: GroupResult) -> GroupResult:
    if built.package is None:
        return evolve(result, status="Excluded" if built.is_excluded else "NoData")
    forms = built.package.forms.values()
    return evolve(
        result,
        status="Packaged",
        number=built.package.number,
        form=_form_name(built.package),
        rows=sum(form.rows for form in forms),
        bytes=sum(form.bytes for form in forms),
    )


def _form_name(package: Package) -> RunForm:
    if package.full and package.delta:
        return "both"
    return "full" if package.full else "delta"


async def _await_included(run: Run, context: Context) -> None:
    """Wait until the index has what the run includes; say what it lacks after that."""
    end = time.monotonic() + PATIENCE_SECONDS
    lacking: Sequence[CustomerVersion] = run.includes
    while lacking := [
        one for one in lacking if not await is_indexed(one.customer_id, one.version, context)
    ]:
        if time.monotonic() >= end:
            await note_lacking(run.id, lacking, context)
            return
        await asyncio.sleep(POLL_SECONDS)
