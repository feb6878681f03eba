"""The change feed of customers: whatever the directory does not say yet, it says now."""

from collections.abc import Sequence
from datetime import UTC, datetime

import azure.functions as func

from functions._feed import feed
from shared.composition import wiring
from shared.customers.directory.repair import repair
from shared.ports.changes import Change

bp = func.Blueprint()

ACTOR = "system:directory"


@feed(bp, "customers")
async def repair_directory(changes: Sequence[Change]) -> None:
    """Index each changed customer that the directory does not show as it is."""
    backend, now = wiring.backend(), datetime.now(UTC)
    await repair(
        [
            (change.key, change.version, backend.context(change.legal_entity, ACTOR, now))
            for change in changes
            if change.type == "customer"
        ]
    )
