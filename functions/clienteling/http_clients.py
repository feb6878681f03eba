"""The clients of a client book over HTTP."""

from typing import Any

import azure.functions as func

from functions._customer import CLOSED, customer_key
from functions._http.trigger import (
    ADD_CLIENT,
    JSON,
    MERGE_PATCH,
    REMOVE_CLIENT,
    VIEW_OWN_BOOK,
    VIEW_STORE_BOOK,
    Call,
    NoQuery,
    Operation,
    PageOf,
    Reply,
    serve,
)
from functions.clienteling.access import BOOK_REFUSES, may_change, may_read
from functions.clienteling.client_page import CardsQuery, query_of, reply_of
from shared.clienteling import client_pages
from shared.clienteling import clients as usecases
from shared.clienteling.access import Visitor
from shared.clienteling.cards.views import CardView
from shared.clienteling.domain.card_filters import AttributeNotRefinable
from shared.clienteling.domain.client_books import (
    ClientEdit,
    ClientNotInBook,
)
from shared.core.errors import Invalid
from shared.customers.domain.customers import CustomerNotFound, FieldNotAllowed

bp = func.Blueprint()

BOOK = "client-books/{personnelNumber}"
CLIENTS = BOOK + "/clients"


@serve(
    bp,
    Operation(
        "GET",
        CLIENTS,
        who="EH",
        book_operations=(VIEW_OWN_BOOK, VIEW_STORE_BOOK),
        returns=PageOf[CardView],
        tag="Clienteling",
        refuses=(*BOOK_REFUSES, AttributeNotRefinable, Invalid),
    ),
)
async def list_clients(call: Call[CardsQuery, None]) -> Reply:
    """List the clients of a client book.

    Each is answered as a card. They can be filtered, sorted, and counted by facets; `insights`
    says whether the measures on the cards are `off`, `ok` or `unavailable`.
    """
    number = call.path["personnelNumber"]
    visitor = await may_read(call, number)
    page = await client_pages.list_clients(
        (number,),
        query_of(call),
        visitor,
        context=call.context,
    )
    return reply_of(call, page)


@serve(
    bp,
    Operation(
        "GET",
        CLIENTS + "/{customerId}",
        who="EH",
        book_operations=(VIEW_OWN_BOOK, VIEW_STORE_BOOK),
        returns=CardView,
        tag="Clienteling",
        refuses=(*BOOK_REFUSES, ClientNotInBook, CustomerNotFound),
    ),
)
async def get_client(call: Call[NoQuery, None]) -> Reply:
    """Get the card of one client.

    Its ETag is the one that changing or removing the client asks for.
    """
    number = call.path["personnelNumber"]
    visitor = await may_read(call, number)
    return await _card(call, number, await customer_key(call), visitor)


@serve(
    bp,
    Operation(
        "PATCH",
        CLIENTS + "/{customerId}",
        who="EH",
        book_operations=(ADD_CLIENT,),
        returns=CardView,
        if_match="required",
        media_types=(MERGE_PATCH, JSON),
        tag="Clienteling",
        refuses=(*BOOK_REFUSES, ClientNotInBook, CustomerNotFound, *CLOSED, FieldNotAllowed),
    ),
)
async def edit_client(call: Call[NoQuery, ClientEdit]) -> Reply:
    """Update what the associate knows of a client.

    The body is a JSON merge patch of `attributes`; null removes an attribute.
    """
    number = call.path["personnelNumber"]
    visitor = await may_change(call, number, ADD_CLIENT)
    await usecases.check_may_edit(call.caller.role, call.body, call.context)
    key = await customer_key(call)
    await usecases.edit_client(number, key, call.body, if_match=call.version, context=call.context)
    return await _card(call, number, key, visitor)


@serve(
    bp,
    Operation(
        "DELETE",
        CLIENTS + "/{customerId}",
        who="EH",
        book_operations=(REMOVE_CLIENT,),
        status=204,
        if_match="required",
        tag="Clienteling",
        refuses=(*BOOK_REFUSES, ClientNotInBook, CustomerNotFound, *CLOSED),
    ),
)
async def remove_client(call: Call[NoQuery, None]) -> Reply:
    """Remove a customer from a client book.

    The record of the customer stays as it is.
    """
    number = call.path["personnelNumber"]
    await may_change(call, number, REMOVE_CLIENT)
    key = await customer_key(call)
    await usecases.remove_client(number, key, if_match=call.version, context=call.context)
    return Reply()


async def _card(call: Call[NoQuery, Any], number: str, key: str, visitor: Visitor) -> Reply:
    card = await client_pages.get_client(
        number,
        key,
        visitor,
        accept_language=call.headers.get("accept-language"),
        context=call.context,
    )
    return Reply(card, etag=card.etag)
