"""The change feed of customers: erasures that may go on do so."""

from collections.abc import Sequence
from datetime import UTC, datetime

import azure.functions as func

from functions._feed import feed
from functions.privacy.erasing import go_on_erasing
from shared.ports.changes import Change

bp = func.Blueprint()


@feed(bp, "customers")
async def run_erasures(changes: Sequence[Change]) -> None:
    """Erase customers step by step; after a crash each goes on where it was."""
    now = datetime.now(UTC)
    for change in changes:
        if change.type == "erasure":
            await go_on_erasing(
                change.key, change.legal_entity, now, told=change.number("revision")
            )
