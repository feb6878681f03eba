"""The sweeper: whoever has waited too long for an account number is asked for again."""

import logging
from datetime import UTC, datetime

import azure.functions as func

from shared import wiring
from shared.usecases.companies import every_company
from shared.usecases.sweeping import sweep

bp = func.Blueprint()
log = logging.getLogger(__name__)

ACTOR = "system:sweeper"


@bp.timer_trigger(arg_name="tick", schedule="0 * * * * *", run_on_startup=False)
async def synchronize_customers_and_channel_requests(tick: func.TimerRequest) -> None:
    """Send the commands of customers again that are pending beyond their time."""
    backend, now = wiring.backend(), datetime.now(UTC)
    for legal_entity in await every_company(backend.documents):
        asked = await sweep(backend.errand(legal_entity, ACTOR, now))
        if asked:
            log.warning("%s: asked again for %d pending customers", legal_entity, asked)
