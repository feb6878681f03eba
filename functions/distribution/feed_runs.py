"""The change feed of distribution: each new run gets a message for each of its groups."""

from collections.abc import Sequence
from datetime import UTC, datetime

import azure.functions as func

from functions._bus.sending import TracingBus
from functions._feed import feed
from shared.composition import wiring
from shared.distribution.runs.sending import send_run
from shared.ports.changes import Change

bp = func.Blueprint()

ACTOR = "system:distribution"


@feed(bp, "distribution")
async def send_runs(changes: Sequence[Change]) -> None:
    """Send the commands to build packages, for each new run and each of its groups."""
    backend, now = wiring.backend(), datetime.now(UTC)
    bus = TracingBus(backend.bus)
    for change in changes:
        context = backend.context(change.legal_entity, ACTOR, now)
        await send_run(change, bus=bus, context=context)
