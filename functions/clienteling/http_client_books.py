"""Client books over HTTP: the book of an associate, and her clients."""

from http import HTTPStatus
from typing import Annotated, Any

import azure.functions as func
from pydantic import Field

from functions._customer import customer_key
from functions._http import Call, NoQuery, Operation, PageOf, PageQuery, Reply, serve
from functions._http.operation import JSON, MERGE_PATCH
from functions.clienteling.access import (
    ADD,
    BOOK_REFUSES,
    REMOVE,
    CardsQuery,
    answer_cards,
    enter,
    may_change,
    may_read,
)
from shared.clienteling import client_books as usecases
from shared.clienteling.card_projection import read_card
from shared.clienteling.card_views import CardView, views, wanted
from shared.clienteling.domain.card_filters import AttributeNotRefinable
from shared.clienteling.domain.client_books import (
    MOST_AT_ONCE,
    ClientBook,
    ClientBookUnattended,
    ClientEdit,
    ClientInAnotherBook,
    ClientNotInBook,
    ClientResults,
    NewClients,
    results_of,
)
from shared.clienteling.list_books import list_books
from shared.configuration.domain.features import FeatureOff
from shared.core.errors import Invalid
from shared.customers.domain.customers import CustomerInactive, CustomerNotFound
from shared.handovers.additions import start_addition
from shared.handovers.views import BulkMoveView, bulk_move_view

bp = func.Blueprint()

BOOK = "client-books/{personnelNumber}"
CLIENTS = BOOK + "/clients"


class BooksQuery(PageQuery):
    unattended: Annotated[
        bool, Field(description="Only those of workers who have left, with clients in them")
    ] = False


@serve(
    bp,
    Operation(
        "GET",
        "client-books",
        who="H",
        returns=PageOf[ClientBook],
        tag="Clienteling",
        refuses=(FeatureOff,),
    ),
)
async def list_client_books(call: Call[BooksQuery, None]) -> Reply:
    """List the client books of the legal entity, or those that nobody attends to any more."""
    await enter(call)
    found, after = await list_books(
        unattended=call.query.unattended,
        limit=call.query.limit,
        continuation=call.position(),
        context=call.context,
    )
    items = [one.model_dump(mode="json", by_alias=True) | {"etag": etag} for one, etag in found]
    return Reply(call.page(items, after))


@serve(
    bp,
    Operation(
        "GET",
        BOOK,
        who="EH",
        returns=ClientBook,
        tag="Clienteling",
        refuses=(*BOOK_REFUSES, Invalid),
    ),
)
async def get_client_book(call: Call[NoQuery, None]) -> Reply:
    """Read a client book; it is made on first use, and takes its id from the number sequence."""
    number = call.path["personnelNumber"]
    visitor = await may_read(call, number)
    book, etag = await usecases.open_book(
        number, own=visitor.personnel_number == number, context=call.context
    )
    return Reply(book, etag=etag)


@serve(
    bp,
    Operation(
        "GET",
        CLIENTS,
        who="EH",
        returns=PageOf[CardView],
        tag="Clienteling",
        refuses=(*BOOK_REFUSES, AttributeNotRefinable, Invalid),
    ),
)
async def list_clients(call: Call[CardsQuery, None]) -> Reply:
    """List the cards of a client book: filtered, sorted, and counted by facets.

    `insights` says whether the measures on them are `off`, `ok` or `unavailable`.
    """
    number = call.path["personnelNumber"]
    visitor = await may_read(call, number)
    return await answer_cards(call, (number,), visitor)


@serve(
    bp,
    Operation(
        "POST",
        CLIENTS,
        who="EH",
        returns=ClientResults | BulkMoveView,
        status=201,
        also=(200, 202),
        tag="Clienteling",
        refuses=(
            *BOOK_REFUSES,
            ClientBookUnattended,
            ClientInAnotherBook,
            CustomerNotFound,
            CustomerInactive,
            Invalid,
        ),
    ),
)
async def add_clients(call: Call[NoQuery, NewClients]) -> Reply:
    """Put customers into a client book, and answer for each.

    One alone that is refused is refused as a whole, such as 409 for a client of somebody else.
    More than a hundred are added in the background: 202, and Location says how far that is.
    """
    number = call.path["personnelNumber"]
    visitor = await may_change(call, number, ADD)
    own = visitor.personnel_number == number
    book, _ = await usecases.open_book(number, own=own, context=call.context)
    if not book.active:
        raise ClientBookUnattended(f"{number} no longer works here.")
    if len(call.body.customer_ids) > MOST_AT_ONCE:
        stored = await start_addition(number, call.body.customer_ids, context=call.context)
        where = call.url("client-books", number, "additions", stored.value.id)
        view = bulk_move_view(stored.value)
        return Reply(view, status=HTTPStatus.ACCEPTED, etag=stored.etag, location=where)
    results = await usecases.add_clients(number, call.body.customer_ids, context=call.context)
    [first, *rest] = results
    if not rest:
        usecases.raise_single(first, (ClientInAnotherBook, CustomerNotFound, CustomerInactive))
    answer = results_of(results)
    status = HTTPStatus.CREATED if answer.done else HTTPStatus.OK
    location = None if rest else call.url("client-books", number, "clients", first.customer_id)
    return Reply(answer, status=status, location=location)


@serve(
    bp,
    Operation(
        "GET",
        CLIENTS + "/{customerId}",
        who="EH",
        returns=CardView,
        tag="Clienteling",
        refuses=(*BOOK_REFUSES, ClientNotInBook, CustomerNotFound),
    ),
)
async def get_client(call: Call[NoQuery, None]) -> Reply:
    """Read the card of one client."""
    number = call.path["personnelNumber"]
    visitor = await may_read(call, number)
    key = await customer_key(call)
    return await _card(call, number, key, visitor.store.language if visitor.store else None)


@serve(
    bp,
    Operation(
        "PATCH",
        CLIENTS + "/{customerId}",
        who="EH",
        returns=CardView,
        if_match="required",
        media_types=(MERGE_PATCH, JSON),
        tag="Clienteling",
        refuses=(*BOOK_REFUSES, ClientNotInBook, CustomerNotFound),
    ),
)
async def edit_client(call: Call[NoQuery, ClientEdit]) -> Reply:
    """Change what the associate knows of her client, by JSON merge patch of `attributes`."""
    number = call.path["personnelNumber"]
    visitor = await may_change(call, number, ADD)
    key = await customer_key(call)
    await usecases.edit_client(number, key, call.body, version=call.version, context=call.context)
    return await _card(call, number, key, visitor.store.language if visitor.store else None)


@serve(
    bp,
    Operation(
        "DELETE",
        CLIENTS + "/{customerId}",
        who="EH",
        status=204,
        if_match="required",
        tag="Clienteling",
        refuses=(*BOOK_REFUSES, ClientNotInBook, CustomerNotFound),
    ),
)
async def remove_client(call: Call[NoQuery, None]) -> Reply:
    """Take a customer out of a client book; her record stays as it is."""
    number = call.path["personnelNumber"]
    await may_change(call, number, REMOVE)
    key = await customer_key(call)
    await usecases.remove_client(number, key, version=call.version, context=call.context)
    return Reply()


async def _card(call: Call[NoQuery, Any], number: str, key: str, language: str | None) -> Reply:
    card = await read_card(key, number, context=call.context)
    if card is None:
        raise ClientNotInBook(f"The customer is not a client of {number}.")
    how = await wanted(call.headers.get("accept-language"), language, call.context)
    [view], _ = await views([(number, card)], how, context=call.context)
    return Reply(view, etag=view.etag)
