"""Keeping the cards in books true to the customers and their memberships."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from shared.clienteling.cards.documents import (
    CardDocument,
    GoneCard,
    card_document,
    find_card,
    gone_card,
    load_card,
    versions_of,
    write_card,
)
from shared.clienteling.domain.client_books import Holder, Membership
from shared.clienteling.memberships import MEMBERSHIP, ClientState, read_membership
from shared.context import Context
from shared.core.errors import AlreadyExists, Stale, Unavailable
from shared.core.retry import until_not_stale
from shared.customers.customers import read_customer
from shared.customers.domain.customers import Customer, CustomerNotFound
from shared.measures.domain.imported import Imported
from shared.measures.imported import load_measures
from shared.ports.changes import check_reached

CUSTOMER, MEASURES = "customer", "measures"
SOURCES = (CUSTOMER, MEMBERSHIP, MEASURES)  # the types of the documents that a card is made of
NOTHING_TOLD: Mapping[str, int] = {}


async def project_cards(
    key: str,
    *,
    context: Context,
    state: ClientState | None = None,
    told: Mapping[str, int] = NOTHING_TOLD,
) -> None:
    """Write the cards of a customer as customer, membership and measures are now; idempotent.

    A caller that has just written or read the `state` saves reading it. `told` are the versions,
    by type of document, that the change feed has told of.

    A card has the versions that it was made of, and is never overwritten by an older one; one
    that is gone leaves its version behind. So the order in which writers come does not matter.
    Raises Unavailable, and Lagging where an older version is read than the feed told.
    """
    current = state

    async def attempt() -> None:
        nonlocal current
        newest = current or await _read_state(key, told, context)
        current = None
        if newest is None or not (newest.membership.holders or newest.membership.left):
            return
        membership, customer = newest
        measures = await load_measures(context.documents, context.legal_entity, key)
        check_reached(measures.version, told.get(MEASURES, 0))
        written = await asyncio.gather(
            *(
                _project(customer, membership, holder, measures, context)
                for holder in membership.holders
            ),
            *(_write(gone_card(key, membership), former, context) for former in membership.left),
        )
        if not all(written):
            raise Stale("A card was written for a newer version.")

    await until_not_stale(attempt)


async def try_project_cards(
    key: str, *, context: Context, state: ClientState | None = None
) -> None:
    """Project the cards now if that is possible; otherwise the change feed does."""
    with suppress(Unavailable):
        await project_cards(key, context=context, state=state)


async def _read_state(key: str, told: Mapping[str, int], context: Context) -> ClientState | None:
    """Return both as they are; None for a customer who is gone, or was never in a book."""
    membership = await read_membership(key, context)
    check_reached(membership.version, told.get(MEMBERSHIP, 0))
    if not membership.version:
        return None
    try:
        customer = (await read_customer(key, context=context)).value
    except CustomerNotFound:
        check_reached(None if CUSTOMER in told else 0, told.get(CUSTOMER, 0))
        return None
    check_reached(customer.version, told.get(CUSTOMER, 0))
    return ClientState(membership, customer)


async def _project(
    customer: Customer,
    membership: Membership,
    holder: Holder,
    measures: Imported,
    context: Context,
) -> bool:
    card = card_document(customer, membership, holder, measures.values, measures.version)
    return await _write(card, holder.personnel_number, context)


async def _write(card: CardDocument | GoneCard, associate: str, context: Context) -> bool:
    """Write the card, and return whether it was made of the newest versions."""
    stored = await load_card(card["id"], associate, context)
    if stored:
        if versions_of(stored.value).is_newer_than(versions_of(card)):
            return False
        # A card that says the same of later versions is written too: it keeps out late writers of
        # what was in between.
        if stored.value == card:
            return True
    try:
        await write_card(card, stored, associate, context)
    except (AlreadyExists, Stale):
        return False
    return True


async def read_card(key: str, associate: str, *, context: Context) -> CardDocument | None:
    """Return the card of a client in this book, or None. One point read."""
    return await find_card(key, associate, context)
