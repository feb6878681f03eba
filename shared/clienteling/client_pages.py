"""Reading the clients of a book or of a store: a page of cards, or one card."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from shared.clienteling.access import Visitor
from shared.clienteling.cards.pages import (
    CardPosition,
    CardQuery,
    Facets,
    FoundCard,
    count_facets,
    page_of_cards,
)
from shared.clienteling.cards.projection import read_card
from shared.clienteling.cards.views import CardView, MeasuresStatus, render_cards, rendering_for
from shared.clienteling.domain.card_filters import both, parse_facets, parse_filters, parse_sort
from shared.clienteling.domain.client_books import ClientNotInBook
from shared.configuration.workers import associates_of
from shared.context import Context
from shared.customers.named_settings import definitions


@dataclass(frozen=True, slots=True)
class ClientQuery:
    """A page of clients as the caller has asked for it; filters are not parsed yet."""

    limit: int
    position: CardPosition | None = None

    filters: tuple[str, ...] = ()
    sort: str | None = None
    facets: str | None = None
    accept_language: str | None = None


class ClientPage(NamedTuple):
    """`facets` are None where the query names none, `position` is None on the last page."""

    clients: Sequence[CardView]
    position: CardPosition | None
    measures: MeasuresStatus
    facets: Facets | None


async def list_clients(
    personnel_numbers: Sequence[str],
    query: ClientQuery,
    visitor: Visitor,
    *,
    context: Context,
) -> ClientPage:
    """Return the next clients of these associates, each customer once.

    One query for each book, and as many more for facets. Raises Invalid, AttributeNotRefinable.
    """
    rendering = await rendering_for(query.accept_language, visitor.language, context)
    possible = both(await definitions(context), rendering.definitions)
    card_query = CardQuery(
        tuple(personnel_numbers),
        parse_filters(query.filters, possible, visitor.time_zone),
        parse_sort(query.sort, possible),
        visitor.today(context.now),
    )
    names = parse_facets(query.facets, possible)
    page = await page_of_cards(
        card_query, limit=query.limit, position=query.position, context=context
    )
    rendered = await render_cards(page.cards, rendering, context=context)
    facets = await count_facets(card_query, names, context=context) if names else None
    return ClientPage(rendered.cards, page.position, rendered.measures, facets)


async def list_store_clients(
    query: ClientQuery,
    visitor: Visitor,
    *,
    context: Context,
) -> ClientPage:
    """Return the next clients of all who work in the visitor's store. Raises as `list_clients`."""
    workers = await associates_of(visitor.store, context) if visitor.store else ()
    numbers = [worker.personnel_number for worker in workers]
    return await list_clients(numbers, query, visitor, context=context)


async def get_client(
    personnel_number: str,
    key: str,
    visitor: Visitor,
    *,
    accept_language: str | None,
    context: Context,
) -> CardView:
    """Return the card of one client. Raises ClientNotInBook. One point read."""
    card = await read_card(key, personnel_number, context=context)
    if card is None:
        raise ClientNotInBook(f"The customer is not a client of {personnel_number}.")
    rendering = await rendering_for(accept_language, visitor.language, context)
    found = [FoundCard(personnel_number, card)]
    rendered = await render_cards(found, rendering, context=context)
    return rendered.cards[0]
