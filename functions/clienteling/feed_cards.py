"""The change feed of customers: the cards in client books follow them."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime

import azure.functions as func

from functions._feed import feed
from shared.clienteling.cards.projection import SOURCES, project_cards
from shared.composition import wiring
from shared.ports.changes import Change

bp = func.Blueprint()

ACTOR = "system:cards"


@feed(bp, "customers", is_waited_for=True)
async def keep_cards(changes: Sequence[Change]) -> None:
    """Write the cards of each changed customer again, if the customer is in a book."""
    backend, now = wiring.backend(), datetime.now(UTC)
    customers: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for change in changes:
        if change.type in SOURCES:
            told = customers[change.legal_entity, change.key]
            told[change.type] = max(change.version, told.get(change.type, 0))
    for (legal_entity, key), told in customers.items():
        context = backend.context(legal_entity, ACTOR, now)
        await project_cards(key, context=context, told=told)
