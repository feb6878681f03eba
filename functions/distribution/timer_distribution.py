"""The timer of distribution jobs."""

import logging
from datetime import UTC, datetime

import azure.functions as func

from functions._work import observed
from shared.composition import wiring
from shared.configuration.companies import every_company
from shared.core.errors import Unavailable
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
