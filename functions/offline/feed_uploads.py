"""The change feed of distribution: upload sessions that are whole are worked through."""

from datetime import UTC, datetime

import azure.functions as func

from functions._work import observed
from shared.composition import wiring
from shared.offline.apply import channel_actor
from shared.offline.uploads import SESSION, work_through

bp = func.Blueprint()


@bp.retry(strategy="fixed_delay", max_retry_count="-1", delay_interval="00:00:05")
@bp.cosmos_db_trigger(
    arg_name="changes",
    connection="COSMOS",
    database_name="%COSMOS_DATABASE%",
    container_name="distribution",
    lease_container_name="leases",
    lease_container_prefix="apply_uploads",
)
@observed
async def apply_uploads(changes: func.DocumentList) -> None:
    """Apply the operations of each session; one that comes again goes on where it was."""
    backend = wiring.backend()
    for change in changes:
        if change.get("type") == SESSION and change["status"] == "Uploaded":
            channel, actor = change["channel"], channel_actor(change["channel"])
            more = True
            while more:
                context = backend.context(change["legalEntity"], actor, datetime.now(UTC))
                more = await work_through(channel, change["sessionId"], context=context)
