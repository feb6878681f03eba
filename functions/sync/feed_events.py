"""The change feed of customers: what was committed with a change is passed on to the bus."""

from datetime import UTC, datetime

import azure.functions as func

from functions._bus.sending import Traced
from functions._feed import feed
from shared.composition import wiring
from shared.sync.outbox import relay

bp = func.Blueprint()


@feed(bp, "customers")
async def relay_events(changes: func.DocumentList) -> None:
    """Send events to the topic `events`, and who waits for an account number to `customer-sync`."""
    backend = wiring.backend()
    await relay(
        [change.data for change in changes],
        bus=Traced(backend.bus),
        documents=backend.documents,
        now=datetime.now(UTC),
    )
