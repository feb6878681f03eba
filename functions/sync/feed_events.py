"""The change feed of customers: events and commands of committed changes go to the bus."""

from collections.abc import Sequence
from datetime import UTC, datetime

import azure.functions as func

from functions._bus.sending import TracingBus
from functions._feed import feed
from shared.composition import wiring
from shared.ports.changes import Change
from shared.sync.outbox import relay_changes

bp = func.Blueprint()


@feed(bp, "customers", is_waited_for=True)
async def relay_events(changes: Sequence[Change]) -> None:
    """Send events to the topic `events`, and commands to the queue `customer-sync`."""
    backend = wiring.backend()
    await relay_changes(
        changes,
        bus=TracingBus(backend.bus),
        documents=backend.documents,
        now=datetime.now(UTC),
    )
