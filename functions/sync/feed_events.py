"""The change feed of customers: what was committed with a change is passed on to the bus."""

from datetime import UTC, datetime

import azure.functions as func

from functions._bus.sending import Traced
from functions._work import observed
from shared.composition import wiring
from shared.sync.outbox import relay

bp = func.Blueprint()


# Without a retry policy the host gives up a batch that failed, and the events in it.
@bp.retry(strategy="fixed_delay", max_retry_count="-1", delay_interval="00:00:05")
@bp.cosmos_db_trigger(
    arg_name="changes",
    connection="COSMOS",
    database_name="%COSMOS_DATABASE%",
    container_name="customers",
    lease_container_name="leases",
    lease_container_prefix="relay_events",
)
@observed
async def relay_events(changes: func.DocumentList) -> None:
    """Send events to the topic `events`, and who waits for an account number to `customer-sync`."""
    backend = wiring.backend()
    await relay(
        [change.data for change in changes],
        bus=Traced(backend.bus),
        documents=backend.documents,
        now=datetime.now(UTC),
    )
