"""The change feed of customers: open follow-ups move with the client to another book."""

from collections.abc import Sequence
from datetime import UTC, datetime

import azure.functions as func

from functions._feed import feed
from shared.clienteling.memberships import MEMBERSHIP
from shared.composition import wiring
from shared.follow_ups.moves import follow_client
from shared.ports.changes import Change

bp = func.Blueprint()

ACTOR = "system:follow-ups"


@feed(bp, "customers")
async def move_follow_ups(changes: Sequence[Change]) -> None:
    """Move open follow-ups out of the books that their clients have left."""
    backend, now = wiring.backend(), datetime.now(UTC)
    memberships = {  # the last change of each customer stays
        (change.legal_entity, change.key): change.version
        for change in changes
        if change.type == MEMBERSHIP
    }
    for (legal_entity, key), version in memberships.items():
        context = backend.context(legal_entity, ACTOR, now)
        await follow_client(key, context=context, told=version)
