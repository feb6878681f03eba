"""The change feed of customers: the cards in client books follow them."""

from datetime import UTC, datetime

import azure.functions as func

from functions._work import observed
from shared.clienteling.card_projection import settle
from shared.clienteling.memberships import MEMBERSHIP
from shared.composition import wiring

bp = func.Blueprint()

ACTOR = "system:cards"
SOURCES = ("customer", MEMBERSHIP, "measures")  # what a card is made of


@bp.retry(strategy="fixed_delay", max_retry_count="-1", delay_interval="00:00:05")
@bp.cosmos_db_trigger(
    arg_name="changes",
    connection="COSMOS",
    database_name="%COSMOS_DATABASE%",
    container_name="customers",
    lease_container_name="leases",
    lease_container_prefix="keep_cards",
)
@observed
async def keep_cards(changes: func.DocumentList) -> None:
    """Write the cards of each changed customer anew, if she is in a book."""
    backend, now = wiring.backend(), datetime.now(UTC)
    customers = dict.fromkeys(
        (change["legalEntity"], change.get("customerId") or change["id"])
        for change in changes
        if change.get("type") in SOURCES
    )
    for legal_entity, key in customers:
        await settle(key, context=backend.context(legal_entity, ACTOR, now))
