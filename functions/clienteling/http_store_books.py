"""The client book of a store over HTTP: a view of the books of all who work there."""

import azure.functions as func

from functions._http import Call, Operation, PageOf, Reply, serve
from functions.clienteling.access import BOOK_REFUSES, CardsQuery, answer_cards, may_see_store
from shared.clienteling.card_views import CardView
from shared.clienteling.domain.card_filters import AttributeNotRefinable
from shared.clienteling.domain.client_books import NotYourStore
from shared.configuration.domain import collections as col
from shared.configuration.workers import associates_of
from shared.core.errors import Invalid
from shared.offline.domain.uploads import ChannelNotFound

bp = func.Blueprint()


@serve(
    bp,
    Operation(
        "GET",
        "stores/{storeNumber}/clients",
        who="EH",
        returns=PageOf[CardView],
        tag="Clienteling",
        refuses=(*BOOK_REFUSES, NotYourStore, ChannelNotFound, AttributeNotRefinable, Invalid),
    ),
)
async def list_store_clients(call: Call[CardsQuery, None]) -> Reply:
    """List the clients of all associates whose employee address books meet the store's.

    Filters, sorts and facets are those of one book; a client of two of them comes once.
    """
    number = call.path["storeNumber"]
    store = await call.backend.configuration.find(call.legal_entity, col.STORES, number)
    if store is None:
        raise ChannelNotFound(f"There is no store {number}.")
    visitor = await may_see_store(call, store)
    workers = await associates_of(store, call.context)
    return await answer_cards(call, tuple(one.personnel_number for one in workers), visitor)
