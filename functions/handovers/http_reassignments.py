"""Reassignments over HTTP: clients of a book moved to another associate, and additions."""

from http import HTTPStatus

import azure.functions as func

from functions._http.trigger import (
    REASSIGN_CLIENTS,
    VIEW_OWN_BOOK,
    VIEW_STORE_BOOK,
    Call,
    NoQuery,
    Operation,
    PageQuery,
    Reply,
    serve,
)
from functions.clienteling.access import BOOK_REFUSES, may_read, may_reassign
from functions.handovers.bulk_move_answers import (
    BOOK,
    PLAN_REFUSES,
    BulkMoveWithClients,
    read_bulk_move,
)
from shared.clienteling.domain.client_books import ClientResults
from shared.handovers.domain.bulk_moves import Reassignment, ReassignmentRefused
from shared.handovers.reassignments import reassign
from shared.handovers.views import BulkMoveView, bulk_move_view

bp = func.Blueprint()

REASSIGNMENTS = f"{BOOK}/reassignments"


@serve(
    bp,
    Operation(
        "POST",
        REASSIGNMENTS,
        who="EH",
        book_operations=(REASSIGN_CLIENTS,),
        returns=ClientResults | BulkMoveView,
        also=(202,),
        tag="Clienteling",
        refuses=(*BOOK_REFUSES, ReassignmentRefused),
    ),
)
async def reassign_clients(call: Call[NoQuery, Reassignment]) -> Reply:
    """Move clients of a book to another associate, with a result for each.

    More than a hundred are moved in the background: 202, and Location is where to read how far
    that is. With `allOrNothing`, no client is moved if one of them cannot be.
    """
    number = call.path["personnelNumber"]
    await may_reassign(call, number)
    answer = await reassign(number, call.body, context=call.context)
    if isinstance(answer, ClientResults):
        return Reply(answer)
    location = call.url("client-books", number, "reassignments", answer.value.id)
    return Reply(
        bulk_move_view(answer.value),
        status=HTTPStatus.ACCEPTED,
        etag=answer.etag,
        location=location,
    )


@serve(
    bp,
    Operation(
        "GET",
        REASSIGNMENTS + "/{planId}",
        who="EH",
        book_operations=(REASSIGN_CLIENTS,),
        returns=BulkMoveWithClients,
        tag="Clienteling",
        refuses=PLAN_REFUSES,
    ),
)
async def get_reassignment(call: Call[PageQuery, None]) -> Reply:
    """Get a reassignment in the background.

    The answer says how far it has come, with a page of the clients and what became of each.
    """
    await may_reassign(call, call.path["personnelNumber"])
    return await read_bulk_move(call)


@serve(
    bp,
    Operation(
        "GET",
        BOOK + "/additions/{planId}",
        who="EH",
        book_operations=(VIEW_OWN_BOOK, VIEW_STORE_BOOK),
        returns=BulkMoveWithClients,
        tag="Clienteling",
        refuses=PLAN_REFUSES,
    ),
)
async def get_addition(call: Call[PageQuery, None]) -> Reply:
    """Get an addition of many clients.

    The answer says how far it has come, with a page of the clients and what became of each.
    """
    await may_read(call, call.path["personnelNumber"])
    return await read_bulk_move(call)
