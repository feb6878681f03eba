"""Keeping the cards in books true to the customers and their memberships."""

import asyncio
from contextlib import suppress
from typing import Any

from shared.clienteling.domain.cards import card_document, card_id, gone_document
from shared.clienteling.domain.client_books import Holder, Membership
from shared.clienteling.memberships import Known, read_membership
from shared.context import Context
from shared.core.errors import AlreadyExists, Stale, Unavailable
from shared.core.retry import until_not_stale
from shared.customers.customers import read_customer
from shared.customers.domain.customers import Customer, CustomerNotFound
from shared.measures.domain.imported import Imported
from shared.measures.imported import load_measures
from shared.ports.documents import Create, Replace

BOOKS = "books"
KEPT = 7 * 86400  # seconds that a card which is gone keeps late writers from bringing it back


async def settle(key: str, *, context: Context, known: Known | None = None) -> None:
    """Make the cards say what the customer and her membership are now; twice is once.

    Who has just written or read both spares the look at them.

    A card has the versions that it was made of, and is never written over by an older one; one
    that is gone leaves its version behind. So it does not matter who comes late. Raises
    Unavailable.
    """
    current = known

    async def attempt() -> None:
        nonlocal current
        membership, customer = current or await _known(key, context)
        current = None
        if customer is None or not (membership.holders or membership.left):
            return
        measures = await load_measures(context.documents, context.legal_entity, key)
        written = await asyncio.gather(
            *(
                _put(customer, membership, holder, measures, context)
                for holder in membership.holders
            ),
            *(_drop(key, membership, associate, context) for associate in membership.left),
        )
        if not all(written):
            raise Stale("A card was written for a newer version.")

    await until_not_stale(attempt)


async def settle_or_leave(key: str, *, context: Context, known: Known | None = None) -> None:
    """Settle now if that is possible; what is left undone, the change feed does."""
    with suppress(Unavailable):
        await settle(key, context=context, known=known)


async def _known(key: str, context: Context) -> tuple[Membership, Customer | None]:
    """Return both as they are; no customer where there is none, or nobody ever had her."""
    membership, etag = await read_membership(key, context)
    if etag is None:
        return membership, None
    try:
        return membership, (await read_customer(key, context=context)).value
    except CustomerNotFound:
        return membership, None


async def _put(
    customer: Customer,
    membership: Membership,
    holder: Holder,
    measures: Imported,
    context: Context,
) -> bool:
    """Write the card, and tell whether what it was made of was still the newest."""
    body = card_document(customer, membership, holder, measures.values)
    body["versions"] = [customer.version, membership.version, measures.version]
    return await _write(body, holder.personnel_number, context)


async def _drop(key: str, membership: Membership, associate: str, context: Context) -> bool:
    return await _write(gone_document(key, membership, KEPT), associate, context)


async def _write(body: dict[str, Any], associate: str, context: Context) -> bool:
    place = context.partition(associate)
    there = await context.documents.read(BOOKS, place, body["id"])
    if there:
        if _is_newer(there.body["versions"], body["versions"]):
            return False
        # What says the same of later versions is written too: they keep out who comes late with
        # what was in between.
        if there.body == body:
            return True
    write = Replace(body, there.etag) if there else Create(body)
    try:
        await context.documents.commit(BOOKS, place, [write])
    except (AlreadyExists, Stale):
        return False
    return True


def _is_newer(there: list[int], mine: list[int]) -> bool:
    """Tell it of customer, membership and measures; one that is gone goes by membership alone."""
    gone = mine[0] == 0
    return there[1] > mine[1] or (not gone and (there[0] > mine[0] or there[2] > mine[2]))


async def read_card(key: str, associate: str, *, context: Context) -> dict[str, Any] | None:
    document = await context.documents.read(BOOKS, context.partition(associate), card_id(key))
    return document.body if document and document.body["type"] == "card" else None
