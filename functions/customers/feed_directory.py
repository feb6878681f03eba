"""The change feed of customers: whatever the directory does not say yet, it says now."""

from datetime import UTC, datetime

import azure.functions as func

from functions._work import observed
from shared.composition import wiring
from shared.customers.directory.entries import Change, repair

bp = func.Blueprint()


# Without a retry policy the host gives up a batch that failed, and the customers in it.
@bp.retry(strategy="fixed_delay", max_retry_count="-1", delay_interval="00:00:05")
@bp.cosmos_db_trigger(
    arg_name="changes",
    connection="COSMOS",
    database_name="%COSMOS_DATABASE%",
    container_name="customers",
    lease_container_name="leases",
    lease_container_prefix="repair_directory",
)
@observed
async def repair_directory(changes: func.DocumentList) -> None:
    """Index each changed customer whose directory entries are not of its own version."""
    customers = [
        Change(change.data, change["_etag"].strip('"'))
        for change in changes
        if change.get("type") == "customer"
    ]
    await repair(wiring.backend().documents, customers, datetime.now(UTC))
