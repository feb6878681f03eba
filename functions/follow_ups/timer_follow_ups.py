"""The timer of follow-ups: what the rules ask for is created every hour."""

import logging
from datetime import UTC, datetime

import azure.functions as func

from functions._work import observed
from shared.composition import wiring
from shared.configuration.companies import every_company
from shared.follow_ups.generation import generate_follow_ups

bp = func.Blueprint()
log = logging.getLogger(__name__)

ACTOR = "system:follow-ups"


@bp.timer_trigger(arg_name="tick", schedule="0 7 * * * *", run_on_startup=False)
@observed
async def make_follow_ups(tick: func.TimerRequest) -> None:
    """Create the follow-ups of the client books of every company that has them."""
    backend, now = wiring.backend(), datetime.now(UTC)
    for legal_entity in await every_company(backend.documents):
        context = backend.context(legal_entity, ACTOR, now)
        if created := await generate_follow_ups(context=context):
            log.info("%s: created %d follow-ups", legal_entity, created)
