"""Client books over HTTP: the book of an associate, and the clients in it."""

from typing import Annotated

import azure.functions as func
from pydantic import Field

from functions._http.trigger import (
    VIEW_OWN_BOOK,
    VIEW_STORE_BOOK,
    Call,
    NoQuery,
    Operation,
    PageOf,
    PageQuery,
    Reply,
    serve,
)
from functions.clienteling.access import BOOK_REFUSES, enter, may_read
from shared.clienteling import client_books as usecases
from shared.clienteling.domain.client_books import (
    ClientBook,
)
from shared.configuration.domain.features import FeatureOff
from shared.core.errors import Invalid

bp = func.Blueprint()

BOOK = "client-books/{personnelNumber}"
CLIENTS = BOOK + "/clients"


class BooksQuery(PageQuery):
    unattended: Annotated[
        bool, Field(description="Return only books of workers who have left, with clients in them")
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
    """List the client books of the legal entity.

    Or only those that no worker attends to any more.
    """
    await enter(call)
    page = await usecases.list_books(
        unattended=call.query.unattended,
        limit=call.query.limit,
        continuation=call.position(),
        context=call.context,
    )
    items = [
        book.value.model_dump(mode="json", by_alias=True) | {"etag": book.etag}
        for book in page.books
    ]
    return Reply(call.page(items, page.continuation))


@serve(
    bp,
    Operation(
        "GET",
        BOOK,
        who="EH",
        book_operations=(VIEW_OWN_BOOK, VIEW_STORE_BOOK),
        returns=ClientBook,
        tag="Clienteling",
        refuses=(*BOOK_REFUSES, Invalid),
    ),
)
async def get_client_book(call: Call[NoQuery, None]) -> Reply:
    """Get a client book.

    It is created on first use, and takes its id from the number sequence.
    """
    number = call.path["personnelNumber"]
    visitor = await may_read(call, number)
    own = visitor.personnel_number == number
    book = await usecases.open_book(number, own=own, context=call.context)
    return Reply(book.value, etag=book.etag)
