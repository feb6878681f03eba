"""The sweeper: whoever has waited too long for an account number is asked for again."""

import logging
from contextlib import suppress
from datetime import UTC, datetime

import azure.functions as func

from functions._work import observed
from shared import wiring
from shared.bus import BusUnavailable
from shared.usecases.companies import every_company
from shared.usecases.dead_letters import count_dead_letters
from shared.usecases.errand import Errand
from shared.usecases.sweeping import count_waiting, sweep
from shared.wiring_telemetry import telemetry

bp = func.Blueprint()
log = logging.getLogger(__name__)

ACTOR = "system:sweeper"


@bp.timer_trigger(arg_name="tick", schedule="0 * * * * *", run_on_startup=False)
@observed
async def synchronize_customers_and_channel_requests(tick: func.TimerRequest) -> None:
    """Send the commands of customers again that are pending beyond their time."""
    backend, now = wiring.backend(), datetime.now(UTC)
    for legal_entity in await every_company(backend.documents):
        errand = backend.errand(legal_entity, ACTOR, now)
        asked = await sweep(errand)
        if asked:
            log.warning("%s: asked again for %d pending customers", legal_entity, asked)
        if telemetry().on:
            await _show_waiting(errand)
    if telemetry().on:
        await _show_dead_letters(backend)


async def _show_waiting(errand: Errand) -> None:
    waiting = await count_waiting(errand)
    where = {"libro.legal_entity": errand.legal_entity}
    telemetry().show("libro.sync.pending", waiting.count, where)
    telemetry().show("libro.sync.lag", waiting.longest, where)


async def _show_dead_letters(backend: wiring.Backend) -> None:
    with suppress(BusUnavailable):  # then nobody knows
        letters = await count_dead_letters(backend.bus)
        for entity, count in letters.items():
            where = {"messaging.destination.name": entity}
            telemetry().show("libro.dead_letters", count, where)
