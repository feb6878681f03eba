"""The timer that starts erasures that are due, and looks again for what came late."""

import logging
from datetime import UTC, datetime

import azure.functions as func

from functions._work import observed
from functions.privacy.erasing import ACTOR, go_on_erasing
from shared.composition import wiring
from shared.composition.telemetry import telemetry
from shared.configuration.companies import every_company
from shared.core.errors import Unavailable
from shared.privacy.erasing.due import due_erasures

bp = func.Blueprint()
log = logging.getLogger(__name__)


@bp.timer_trigger(arg_name="tick", schedule="50 * * * * *", run_on_startup=False)
@observed
async def sweep_erasures(tick: func.TimerRequest) -> None:
    """Start the erasures that are due, and look again at those that are completed."""
    backend, now = wiring.backend(), datetime.now(UTC)
    for legal_entity in await every_company(backend.documents):
        due = await due_erasures(backend.context(legal_entity, ACTOR, now))
        for key in due.keys:
            try:
                await go_on_erasing(key, legal_entity, now)
            except Unavailable as exc:
                log.warning("%s: an erasure waits: %s", legal_entity, exc.code)
        if telemetry().on:
            labels = {"libro.legal_entity": legal_entity}
            telemetry().show("libro.erasure.overdue", due.overdue, labels)
