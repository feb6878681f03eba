"""The client book of a store over HTTP: a view of the books of all who work there."""

import azure.functions as func

from functions._http.trigger import VIEW_STORE_BOOK, Call, Operation, PageOf, Reply, serve
from functions.clienteling.access import BOOK_REFUSES, may_see_store
from functions.clienteling.client_page import CardsQuery, query_of, reply_of
from shared.clienteling import client_pages
from shared.clienteling.cards.views import CardView
from shared.clienteling.domain.card_filters import AttributeNotRefinable
from shared.configuration.domain.stores import ChannelNotFound, NotYourStore
from shared.core.errors import Invalid

bp = func.Blueprint()


@serve(
    bp,
    Operation(
        "GET",
        "stores/{storeNumber}/clients",
        who="EH",
        book_operations=(VIEW_STORE_BOOK,),
        returns=PageOf[CardView],
        tag="Clienteling",
        refuses=(*BOOK_REFUSES, NotYourStore, ChannelNotFound, AttributeNotRefinable, Invalid),
    ),
)
async def list_store_clients(call: Call[CardsQuery, None]) -> Reply:
    """List the clients of a store.

    They are the clients of all associates who share an employee address book with the store.
    Filters, sorts and facets are those of one book; a client of two associates comes once.
    """
    visitor = await may_see_store(call, call.path["storeNumber"])
    page = await client_pages.list_store_clients(
        query_of(call),
        visitor,
        context=call.context,
    )
    return reply_of(call, page)
