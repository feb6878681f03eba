"""Adding clients to a client book over HTTP."""

from http import HTTPStatus

import azure.functions as func

from functions._customer import CLOSED
from functions._http.trigger import ADD_CLIENT, Call, NoQuery, Operation, Reply, serve
from functions.clienteling.access import BOOK_REFUSES, may_change
from shared.clienteling import client_books
from shared.clienteling import clients as usecases
from shared.clienteling.domain.client_books import (
    ClientBookUnattended,
    ClientInAnotherBook,
    ClientResults,
    NewClients,
    results_of,
)
from shared.core.errors import Invalid
from shared.customers.domain.customers import CustomerNotFound
from shared.handovers.additions import start_addition
from shared.handovers.views import BulkMoveView, bulk_move_view

bp = func.Blueprint()


@serve(
    bp,
    Operation(
        "POST",
        "client-books/{personnelNumber}/clients",
        who="EH",
        book_operations=(ADD_CLIENT,),
        returns=ClientResults | BulkMoveView,
        status=201,
        also=(200, 202),
        tag="Clienteling",
        refuses=(
            *BOOK_REFUSES,
            ClientBookUnattended,
            ClientInAnotherBook,
            CustomerNotFound,
            *CLOSED,
            Invalid,
        ),
    ),
)
async def add_clients(call: Call[NoQuery, NewClients]) -> Reply:
    """Add customers to a client book.

    The answer has a result for each. A single customer who is refused is refused with the status
    of the refusal, such as 409 for a client of another associate. More than a hundred customers
    are added in the background: 202 is answered, and Location names the progress.
    """
    number = call.path["personnelNumber"]
    visitor = await may_change(call, number, ADD_CLIENT)
    own = visitor.personnel_number == number
    await client_books.open_attended_book(number, own=own, context=call.context)
    if call.body.in_background:
        stored = await start_addition(number, call.body.customer_ids, context=call.context)
        where = call.url("client-books", number, "additions", stored.value.id)
        view = bulk_move_view(stored.value)
        return Reply(view, status=HTTPStatus.ACCEPTED, etag=stored.etag, location=where)
    if call.body.single_id is not None:
        return await _add_single(call, number, call.body.single_id)
    results = await usecases.add_clients(number, call.body.customer_ids, context=call.context)
    return _reply_of(results_of(results))


async def _add_single(call: Call[NoQuery, NewClients], number: str, customer_id: str) -> Reply:
    result = await usecases.add_single_client(number, customer_id, context=call.context)
    location = call.url("client-books", number, "clients", result.customer_id)
    return _reply_of(results_of([result]), location)


def _reply_of(answer: ClientResults, location: str | None = None) -> Reply:
    status = HTTPStatus.CREATED if answer.done else HTTPStatus.OK
    return Reply(answer, status=status, location=location)
