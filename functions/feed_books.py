"""The change feed of books: plans to move clients are worked through."""

from datetime import UTC, datetime

import azure.functions as func

from shared import wiring
from shared.usecases.plans import PLAN, work_through

bp = func.Blueprint()


@bp.retry(strategy="fixed_delay", max_retry_count="-1", delay_interval="00:00:05")
@bp.cosmos_db_trigger(
    arg_name="changes",
    connection="COSMOS",
    database_name="%COSMOS_DATABASE%",
    container_name="books",
    lease_container_name="leases",
    lease_container_prefix="move_clients",
)
async def move_clients(changes: func.DocumentList) -> None:
    """Execute or undo each plan, chunk by chunk; one that comes again goes on where it was."""
    backend = wiring.backend()
    for change in changes:
        if change.get("type") == PLAN and change["status"] in {"Executing", "Undoing"}:
            more = True
            while more:
                errand = backend.errand(
                    change["legalEntity"], change["createdBy"], datetime.now(UTC)
                )
                more = await work_through(
                    change["personnelNumber"], change["planId"], errand=errand
                )
