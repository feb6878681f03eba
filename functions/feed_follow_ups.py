"""The change feed of customers: open follow-ups go with the client to another book."""

from datetime import UTC, datetime

import azure.functions as func

from functions._work import observed
from shared import wiring
from shared.usecases.follow_up_moves import follow_client
from shared.usecases.memberships import MEMBERSHIP

bp = func.Blueprint()

ACTOR = "system:follow-ups"


@bp.retry(strategy="fixed_delay", max_retry_count="-1", delay_interval="00:00:05")
@bp.cosmos_db_trigger(
    arg_name="changes",
    connection="COSMOS",
    database_name="%COSMOS_DATABASE%",
    container_name="customers",
    lease_container_name="leases",
    lease_container_prefix="move_follow_ups",
)
@observed
async def move_follow_ups(changes: func.DocumentList) -> None:
    """Let no open follow-up stay in a book that its client has left."""
    backend, now = wiring.backend(), datetime.now(UTC)
    memberships = dict.fromkeys(
        (change["legalEntity"], change["customerId"])
        for change in changes
        if change.get("type") == MEMBERSHIP
    )
    for legal_entity, key in memberships:
        await follow_client(key, errand=backend.errand(legal_entity, ACTOR, now))
