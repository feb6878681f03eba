"""The timers of retention: the policies each night, and each minute what people have started."""

from contextlib import suppress
from datetime import UTC, datetime

import azure.functions as func

from functions._work import observed
from shared.composition import wiring
from shared.composition.holdings import AGEING
from shared.configuration.companies import every_company
from shared.context import Context
from shared.core.errors import Stale
from shared.privacy.domain.retention import RunInProgress
from shared.privacy.retention.policies import active_policies
from shared.privacy.retention.running import go_on_with
from shared.privacy.retention.runs import running, start_run

bp = func.Blueprint()

RETENTION = "system:retention"
NIGHTLY_SECONDS = 600.0
EACH_MINUTE_SECONDS = 20.0


@bp.timer_trigger(arg_name="tick", schedule="0 15 3 * * *", run_on_startup=False)
@observed
async def apply_retention(tick: func.TimerRequest) -> None:
    """Apply the retention policies, for ten minutes; what is left goes on the next night."""
    backend, now = wiring.backend(), datetime.now(UTC)
    for legal_entity in await every_company(backend.documents):
        context = backend.context(legal_entity, RETENTION, now)
        for policy in await active_policies(context):
            with suppress(RunInProgress):
                await start_run(policy, dry_run=False, context=context)
        await _go_on(context, seconds=NIGHTLY_SECONDS)


@bp.timer_trigger(arg_name="tick", schedule="40 * * * * *", run_on_startup=False)
@observed
async def continue_retention(tick: func.TimerRequest) -> None:
    """Go on with the runs that people have started."""
    backend, now = wiring.backend(), datetime.now(UTC)
    for legal_entity in await every_company(backend.documents):
        await _go_on(backend.context(legal_entity, RETENTION, now), seconds=EACH_MINUTE_SECONDS)


async def _go_on(context: Context, *, seconds: float) -> None:
    """Go on with the runs: each minute with those of people, and at night with all of them."""
    is_night = seconds == NIGHTLY_SECONDS
    async for run in running(context):
        if is_night or run.value.started_by != RETENTION:
            with suppress(Stale):
                await go_on_with(run, AGEING, seconds=seconds, context=context)
