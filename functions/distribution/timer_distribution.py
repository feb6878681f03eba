"""The timers of distribution: jobs that are due, sweeping, audits, and how late everything is."""

import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime

import azure.functions as func

from functions._work import observed
from shared.composition import wiring
from shared.composition.telemetry import telemetry
from shared.configuration.companies import every_company
from shared.context import Context
from shared.core.errors import Conflict, Unavailable
from shared.distribution.building import sweeping
from shared.distribution.building.forsaken import fail_forsaken
from shared.distribution.gauges import Gauge, gauges_of_channels, gauges_of_runs
from shared.distribution.index.auditing import audit_next_page, start_audit
from shared.distribution.runs.clock import start_due_runs
from shared.platform.priority import behind_others

bp = func.Blueprint()
log = logging.getLogger(__name__)

ACTOR = "system:distribution"
AUDIT_SECONDS = 20.0  # of a minute, for each company
REPAIRED = "libro.distribution.index_repaired"


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
    """Remove packages that nobody needs, end runs that nobody builds for, forget who is gone."""
    backend = wiring.backend()
    for legal_entity in await every_company(backend.documents):
        context = backend.context(legal_entity, ACTOR, datetime.now(UTC))
        try:
            swept = await sweeping.sweep_packages(packages=backend.packages, context=context)
            await fail_forsaken(bus=backend.bus, context=context)
        except (Unavailable, Conflict) as exc:
            log.warning("%s: packages are swept in an hour: %s", legal_entity, exc.code)
        else:
            log.info("%s: %d packages swept, %d orphans", legal_entity, *swept)


@bp.timer_trigger(arg_name="tick", schedule="0 20 2 * * *", run_on_startup=False)
@observed
async def audit_index(tick: func.TimerRequest) -> None:
    """Start to compare all customers with the index of changes."""
    backend = wiring.backend()
    for legal_entity in await every_company(backend.documents):
        await start_audit(backend.context(legal_entity, ACTOR, datetime.now(UTC)))


@bp.timer_trigger(arg_name="tick", schedule="30 * * * * *", run_on_startup=False)
@observed
async def continue_audits(tick: func.TimerRequest) -> None:
    """Go on with audits of the index, and add what it lacks."""
    backend = wiring.backend()
    for legal_entity in await every_company(backend.documents):
        try:
            await _audit(backend.context(legal_entity, ACTOR, datetime.now(UTC)))
        except Unavailable as exc:
            log.warning("%s: the audit goes on in a minute: %s", legal_entity, exc.code)


@bp.timer_trigger(arg_name="tick", schedule="45 * * * * *", run_on_startup=False)
@observed
async def measure_runs(tick: func.TimerRequest) -> None:
    """Measure how far the index of changes is behind, and how old runs are."""
    await _show(gauges_of_runs)


@bp.timer_trigger(arg_name="tick", schedule="15 */5 * * * *", run_on_startup=False)
@observed
async def measure_channels(tick: func.TimerRequest) -> None:
    """Measure how far each channel is behind, and how many deltas came since the last full."""
    await _show(gauges_of_channels)


async def _show(measure: Callable[[Context], Awaitable[Iterable[Gauge]]]) -> None:
    if not telemetry().on:
        return
    backend = wiring.backend()
    for legal_entity in await every_company(backend.documents):
        context = backend.context(legal_entity, ACTOR, datetime.now(UTC))
        try:
            with behind_others():
                gauges = await measure(context)
        except Unavailable as exc:
            log.warning("%s: was not measured: %s", legal_entity, exc.code)
        else:
            for gauge in gauges:
                telemetry().show(*gauge)


async def _audit(context: Context) -> None:
    until = time.monotonic() + AUDIT_SECONDS
    with behind_others():
        while time.monotonic() < until:
            repaired = await audit_next_page(context)
            if repaired is None:
                return
            if repaired:
                labels = {"libro.legal_entity": context.legal_entity}
                telemetry().count(REPAIRED, repaired, labels)
