"""The sweeper: whoever has waited too long for an account number is asked for again."""

import logging
from contextlib import suppress
from datetime import UTC, datetime

import azure.functions as func

from functions._work import observed
from shared.composition import wiring
from shared.composition.telemetry import telemetry
from shared.configuration.companies import every_company
from shared.context import Context
from shared.ports.bus import BusUnavailable
from shared.sync.dead_letters import count_dead_letters
from shared.sync.resend import count_waiting, sweep

bp = func.Blueprint()
log = logging.getLogger(__name__)

ACTOR = "system:sweeper"


@bp.timer_trigger(arg_name="tick", schedule="0 * * * * *", run_on_startup=False)
@observed
async def synchronize_customers_and_channel_requests(tick: func.TimerRequest) -> None:
    """Send the commands of customers again that are pending beyond their time."""
    backend, now = wiring.backend(), datetime.now(UTC)
    for legal_entity in await every_company(backend.documents):
        context = backend.context(legal_entity, ACTOR, now)
        asked = await sweep(context)
        if asked:
            log.warning("%s: asked again for %d pending customers", legal_entity, asked)
        if telemetry().on:
            await _show_waiting(context)
    if telemetry().on:
        await _show_dead_letters(backend)


async def _show_waiting(context: Context) -> None:
    waiting = await count_waiting(context)
    where = {"libro.legal_entity": context.legal_entity}
    telemetry().show("libro.sync.pending", waiting.count, where)
    telemetry().show("libro.sync.lag", waiting.longest, where)


async def _show_dead_letters(backend: wiring.Backend) -> None:
    with suppress(BusUnavailable):  # then nobody knows
        letters = await count_dead_letters(backend.bus)
        for entity, count in letters.items():
            where = {"messaging.destination.name": entity}
            telemetry().show("libro.dead_letters", count, where)
