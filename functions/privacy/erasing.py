"""Going on with an erasure, for the feed and for the timer, and what is measured of it."""

from datetime import datetime

from functions._bus.sending import TracingBus
from shared.composition import wiring
from shared.composition.holdings import HOLDINGS
from shared.composition.telemetry import telemetry
from shared.privacy.erasing.running import run_erasure

ACTOR = "system:erasure"


async def go_on_erasing(key: str, legal_entity: str, now: datetime, *, told: int = 0) -> None:
    """Do what can be done now. Raises Unavailable, BusUnavailable."""
    backend = wiring.backend()
    context = backend.context(legal_entity, ACTOR, now)
    bus = TracingBus(backend.bus)
    erasure = await run_erasure(key, holdings=HOLDINGS, bus=bus, context=context, told=told)
    if erasure and erasure.rounds and telemetry().on:
        labels = {"libro.legal_entity": legal_entity}
        telemetry().measure("libro.erasure.rounds", erasure.rounds, labels)
