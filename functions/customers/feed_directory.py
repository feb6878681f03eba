"""The change feed of customers: whatever the directory does not say yet, it says now."""

from datetime import UTC, datetime

import azure.functions as func

from functions._feed import feed
from shared.composition import wiring
from shared.context import Context
from shared.customers.directory.entries import ChangedCustomer, repair

bp = func.Blueprint()

ACTOR = "system:directory"


@feed(bp, "customers")
async def repair_directory(changes: func.DocumentList) -> None:
    """Index each changed customer whose directory entries are not of its own version."""
    customers = [
        ChangedCustomer(change.data, change["_etag"].strip('"'))
        for change in changes
        if change.get("type") == "customer"
    ]
    backend, now = wiring.backend(), datetime.now(UTC)

    def context_of(legal_entity: str) -> Context:
        return backend.context(legal_entity, ACTOR, now)

    await repair(customers, context_of, now)
