"""The change feed of events: what was committed is passed on to the bus."""

import azure.functions as func

from shared import wiring
from shared.usecases.relay import relay

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
async def relay_events(changes: func.DocumentList) -> None:
    """Send the event of each new version of a customer to the topic `events`."""
    events = [change["event"] for change in changes if change.get("type") == "event"]
    await relay(events, wiring.backend().bus)
