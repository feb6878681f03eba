"""The clock of follow-ups: what rules ask for is made every hour."""

import logging
from datetime import UTC, datetime

import azure.functions as func

from functions._work import observed
from shared.composition import wiring
from shared.configuration.companies import every_company
from shared.follow_ups import generation as follow_up_rounds

bp = func.Blueprint()
log = logging.getLogger(__name__)

ACTOR = "system:follow-ups"


@bp.timer_trigger(arg_name="tick", schedule="0 7 * * * *", run_on_startup=False)
@observed
async def make_follow_ups(tick: func.TimerRequest) -> None:
    """Go round the client books of every company that has them."""
    backend, now = wiring.backend(), datetime.now(UTC)
    for legal_entity in await every_company(backend.documents):
        context = backend.context(legal_entity, ACTOR, now)
        if made := await follow_up_rounds.make_follow_ups(context=context):
            log.info("%s: made %d follow-ups", legal_entity, made)
