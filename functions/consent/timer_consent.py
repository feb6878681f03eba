"""The timer that sends again what has not reached every holder of a contact point."""

import logging
from datetime import UTC, datetime

import azure.functions as func

from functions._bus.sending import TracingBus
from functions._work import observed
from shared.composition import wiring
from shared.composition.telemetry import telemetry
from shared.configuration.companies import every_company
from shared.consent.spreading.building_points import go_on_building
from shared.consent.spreading.expiring import expire
from shared.consent.spreading.spreads import count_pending, resend_late

bp = func.Blueprint()
log = logging.getLogger(__name__)

ACTOR = "system:sweeper"
MAX_PAGES = 10  # of customers in a round, where points are not all known yet
MAX_EXPIRING = 100  # points in a round; the others follow a minute later


@bp.timer_trigger(arg_name="tick", schedule="30 * * * * *", run_on_startup=False)
@observed
async def sweep_consents(tick: func.TimerRequest) -> None:
    """Send the events again whose decisions spread for too long, and end opt-ins that are over."""
    backend, now = wiring.backend(), datetime.now(UTC)
    for legal_entity in await every_company(backend.documents):
        context = backend.context(legal_entity, ACTOR, now)
        if resent := await resend_late(context, bus=TracingBus(backend.bus)):
            log.warning("%s: %d decisions sent again", legal_entity, resent)
        await expire(context, limit=MAX_EXPIRING)
        await go_on_building(context, pages=MAX_PAGES)
        if telemetry().on:
            count, waiting_seconds = await count_pending(context)
            labels = {"libro.legal_entity": legal_entity}
            telemetry().show("libro.consent.pending", count, labels)
            telemetry().show("libro.consent.waiting", waiting_seconds, labels)
