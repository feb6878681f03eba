"""The timers of distribution: jobs that are due, and what is to be swept."""

import logging
from datetime import UTC, datetime

import azure.functions as func

from functions._work import observed
from shared.composition import wiring
from shared.configuration.companies import every_company
from shared.core.errors import Conflict, Unavailable
from shared.distribution.building import sweeping
from shared.distribution.runs.clock import start_due_runs

bp = func.Blueprint()
log = logging.getLogger(__name__)

ACTOR = "system:distribution"


@bp.timer_trigger(arg_name="tick", schedule="0 * * * * *", run_on_startup=False)
@observed
async def run_due_jobs(tick: func.TimerRequest) -> None:
    """Create a run for each distribution job that is due."""
    backend = wiring.backend()
    for legal_entity in await every_company(backend.documents):
        try:
            await start_due_runs(backend.context(legal_entity, ACTOR, datetime.now(UTC)))
        except Unavailable as exc:
            log.warning("%s: jobs that are due wait: %s", legal_entity, exc.code)


@bp.timer_trigger(arg_name="tick", schedule="0 35 * * * *", run_on_startup=False)
@observed
async def sweep_packages(tick: func.TimerRequest) -> None:
    """Remove packages that no channel is offered any more, and parts that no package names."""
    backend = wiring.backend()
    for legal_entity in await every_company(backend.documents):
        context = backend.context(legal_entity, ACTOR, datetime.now(UTC))
        try:
            swept = await sweeping.sweep_packages(packages=backend.packages, context=context)
        except (Unavailable, Conflict) as exc:
            log.warning("%s: packages are swept in an hour: %s", legal_entity, exc.code)
        else:
            log.info("%s: %d packages swept, %d orphans", legal_entity, *swept)
