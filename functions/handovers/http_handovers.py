"""Handing clients over, over HTTP: reassignments, and plans with a preview and an undo."""

from http import HTTPStatus
from typing import Any

import azure.functions as func
from pydantic import Field

from functions._http import Call, NoQuery, Operation, PageOf, PageQuery, Reply, serve
from functions.clienteling.access import BOOK_REFUSES, may_read, may_reassign
from shared.clienteling.domain.client_books import ClientResults
from shared.core.errors import Invalid
from shared.core.versioned import Versioned
from shared.handovers import bulk_moves as usecases
from shared.handovers.domain.bulk_moves import (
    BulkMove,
    Move,
    NewHandoverPlan,
    NobodyToHandTo,
    PlanNotFound,
    PlanNotReady,
    Reassignment,
    ReassignmentRefused,
    UndoTooLate,
)
from shared.handovers.handover_plans import plan_handover
from shared.handovers.reassignments import reassign
from shared.handovers.views import BulkMoveView, bulk_move_item, bulk_move_view, move_item

bp = func.Blueprint()

BOOK = "client-books/{personnelNumber}"
REASSIGNMENTS, PLANS = f"{BOOK}/reassignments", f"{BOOK}/handover-plans"
PREVIEW_SIZE = 20  # clients
PLAN_REFUSES = (*BOOK_REFUSES, PlanNotFound)


class BulkMoveWithClients(BulkMoveView):
    """How far a bulk move has come, and a page of its clients."""

    clients: PageOf[Move] = Field(description="Clients, with the associates they go to")


@serve(
    bp,
    Operation(
        "POST",
        REASSIGNMENTS,
        who="EH",
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
        returns=BulkMoveWithClients,
        tag="Clienteling",
        refuses=PLAN_REFUSES,
    ),
)
async def get_reassignment(call: Call[PageQuery, None]) -> Reply:
    """Get how far a reassignment in the background has come, and what became of each client."""
    await may_reassign(call, call.path["personnelNumber"])
    return await _read(call)


@serve(
    bp,
    Operation(
        "GET",
        BOOK + "/additions/{planId}",
        who="EH",
        returns=BulkMoveWithClients,
        tag="Clienteling",
        refuses=PLAN_REFUSES,
    ),
)
async def get_addition(call: Call[PageQuery, None]) -> Reply:
    """Get how far the addition of many clients has come, and what became of each."""
    await may_read(call, call.path["personnelNumber"])
    return await _read(call)


@serve(
    bp,
    Operation(
        "POST",
        PLANS,
        who="EH",
        returns=BulkMoveWithClients,
        status=201,
        tag="Clienteling",
        refuses=(*BOOK_REFUSES, NobodyToHandTo),
    ),
)
async def plan_a_handover(call: Call[NoQuery, NewHandoverPlan]) -> Reply:
    """Create a handover plan: a preview of who receives which clients of a book.

    Nothing is moved before the plan is executed.
    """
    number = call.path["personnelNumber"]
    await may_reassign(call, number)
    stored = await plan_handover(number, call.body, context=call.context)
    moves, _ = await usecases.list_moves(
        stored.value, limit=PREVIEW_SIZE, start=0, context=call.context
    )
    location = call.url("client-books", number, "handover-plans", stored.value.id)
    clients = call.page([move_item(move) for move in moves], None)
    return Reply(_with_clients(stored.value, clients), etag=stored.etag, location=location)


@serve(
    bp,
    Operation(
        "GET",
        PLANS,
        who="EH",
        returns=PageOf[BulkMoveView],
        tag="Clienteling",
        refuses=BOOK_REFUSES,
    ),
)
async def list_handover_plans(call: Call[PageQuery, None]) -> Reply:
    """List the handover plans and reassignments of a book, newest first."""
    number = call.path["personnelNumber"]
    await may_reassign(call, number)
    bulk_moves, continuation = await usecases.list_bulk_moves(
        number, limit=call.query.limit, continuation=call.position(), context=call.context
    )
    return Reply(call.page([bulk_move_item(stored) for stored in bulk_moves], continuation))


@serve(
    bp,
    Operation(
        "GET",
        PLANS + "/{planId}",
        who="EH",
        returns=BulkMoveWithClients,
        tag="Clienteling",
        refuses=PLAN_REFUSES,
    ),
)
async def get_handover_plan(call: Call[PageQuery, None]) -> Reply:
    """Get a handover plan and how far it has come, with a page of its clients."""
    await may_reassign(call, call.path["personnelNumber"])
    return await _read(call)


@serve(
    bp,
    Operation(
        "POST",
        PLANS + "/{planId}/execution",
        who="EH",
        returns=BulkMoveView,
        status=202,
        tag="Clienteling",
        refuses=(*PLAN_REFUSES, PlanNotReady, Invalid),
    ),
)
async def execute_handover_plan(call: Call[NoQuery, None]) -> Reply:
    """Execute a handover plan, in the background. Asked for twice, it is executed once."""
    number = call.path["personnelNumber"]
    await may_reassign(call, number)
    plan = await usecases.start_plan(number, call.path["planId"], context=call.context)
    return _accepted(call, plan)


@serve(
    bp,
    Operation(
        "POST",
        PLANS + "/{planId}/undo",
        who="EH",
        returns=BulkMoveView,
        status=202,
        tag="Clienteling",
        refuses=(*PLAN_REFUSES, PlanNotReady, UndoTooLate),
    ),
)
async def undo_handover_plan(call: Call[NoQuery, None]) -> Reply:
    """Undo a handover plan: move every client back who has not moved since.

    A plan can be undone for seven days after it was executed.
    """
    number = call.path["personnelNumber"]
    await may_reassign(call, number)
    plan = await usecases.undo_plan(number, call.path["planId"], context=call.context)
    return _accepted(call, plan)


def _accepted(call: Call[NoQuery, None], plan: Versioned[BulkMove]) -> Reply:
    number = call.path["personnelNumber"]
    location = call.url("client-books", number, "handover-plans", plan.value.id)
    return Reply(bulk_move_view(plan.value), etag=plan.etag, location=location)


async def _read(call: Call[PageQuery, None]) -> Reply:
    number = call.path["personnelNumber"]
    stored = await usecases.read_bulk_move(number, call.path["planId"], context=call.context)
    moves, next_start = await usecases.list_moves(
        stored.value, limit=call.query.limit, start=call.position() or 0, context=call.context
    )
    clients = call.page([move_item(move) for move in moves], next_start)
    return Reply(_with_clients(stored.value, clients), etag=stored.etag)


def _with_clients(bulk_move: BulkMove, clients: dict[str, Any]) -> dict[str, Any]:
    view = bulk_move_view(bulk_move).model_dump(mode="json", by_alias=True)
    return view | {"clients": clients}
