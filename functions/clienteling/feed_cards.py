"""The change feed of customers: the cards in client books follow them."""

from datetime import UTC, datetime

import azure.functions as func

from functions._feed import feed
from shared.clienteling.cards.projection import project_cards
from shared.clienteling.documents import MEMBERSHIP
from shared.composition import wiring

bp = func.Blueprint()

ACTOR = "system:cards"
SOURCES = ("customer", MEMBERSHIP, "measures")  # what a card is made of


@feed(bp, "customers")
async def keep_cards(changes: func.DocumentList) -> None:
    """Write the cards of each changed customer again, if the customer is in a book."""
    backend, now = wiring.backend(), datetime.now(UTC)
    customers = dict.fromkeys(
        (change["legalEntity"], change.get("customerId") or change["id"])
        for change in changes
        if change.get("type") in SOURCES
    )
    for legal_entity, key in customers:
        await project_cards(key, context=backend.context(legal_entity, ACTOR, now))
