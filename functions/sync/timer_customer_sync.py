"""The timer that sends the commands of customers again that are pending for too long."""

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
from shared.sync.resend import count_pending, resend_late_commands

bp = func.Blueprint()
log = logging.getLogger(__name__)

ACTOR = "system:sweeper"


@bp.timer_trigger(arg_name="tick", schedule="0 * * * * *", run_on_startup=False)
@observed
async def synchronize_customers_and_channel_requests(tick: func.TimerRequest) -> None:
    """Send the commands of customers again that are pending for too long."""
    backend, now = wiring.backend(), datetime.now(UTC)
    for legal_entity in await every_company(backend.documents):
        context = backend.context(legal_entity, ACTOR, now)
        resent = await resend_late_commands(context)
        if resent:
            log.warning("%s: commands of %d pending customers sent again", legal_entity, resent)
        if telemetry().on:
            await _measure_pending(context)
    if telemetry().on:
        await _measure_dead_letters(backend)


async def _measure_pending(context: Context) -> None:
    pending = await count_pending(context)
    labels = {"libro.legal_entity": context.legal_entity}
    telemetry().show("libro.sync.pending", pending.count, labels)
    telemetry().show("libro.sync.lag", pending.longest_wait_seconds, labels)


async def _measure_dead_letters(backend: wiring.Backend) -> None:
    with suppress(BusUnavailable):  # then the gauge keeps its last value
        counts = await count_dead_letters(backend.bus)
        for entity, count in counts.items():
            telemetry().show("libro.dead_letters", count, {"messaging.destination.name": entity})
