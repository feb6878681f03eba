"""The change feed of customers: open follow-ups move with the client to another book."""

from datetime import UTC, datetime

import azure.functions as func

from functions._feed import feed
from shared.clienteling.memberships import MEMBERSHIP
from shared.composition import wiring
from shared.follow_ups.moves import follow_client

bp = func.Blueprint()

ACTOR = "system:follow-ups"


@feed(bp, "customers")
async def move_follow_ups(changes: func.DocumentList) -> None:
    """Move open follow-ups out of the books that their clients have left."""
    backend, now = wiring.backend(), datetime.now(UTC)
    memberships = dict.fromkeys(
        (change["legalEntity"], change["customerId"])
        for change in changes
        if change.get("type") == MEMBERSHIP
    )
    for legal_entity, key in memberships:
        await follow_client(key, context=backend.context(legal_entity, ACTOR, now))
