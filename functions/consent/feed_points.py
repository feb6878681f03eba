"""The change feed of customers: those from before there were points get theirs."""

from collections.abc import Sequence
from datetime import UTC, datetime

import azure.functions as func

from functions._feed import feed
from shared.composition import wiring
from shared.consent.spreading import indexing
from shared.ports.changes import Change

bp = func.Blueprint()

ACTOR = "system:consent"


@feed(bp, "customers")
async def index_points(changes: Sequence[Change]) -> None:
    """Join what older customers say about consent to their contact points."""
    backend, now = wiring.backend(), datetime.now(UTC)
    for change in changes:
        is_older = change.number("schemaVersion") < indexing.FIRST_SCHEMA_WITH_POINTS
        if change.type == "customer" and is_older:
            context = backend.context(change.legal_entity, ACTOR, now)
            await indexing.index_points(change.key, change.version, context=context)
