"""Handover plans over HTTP: a book shared out, with a preview and an undo."""

import azure.functions as func

from functions._http.trigger import (
    REASSIGN_CLIENTS,
    Call,
    NoQuery,
    Operation,
    PageOf,
    PageQuery,
    Reply,
    serve,
)
from functions.clienteling.access import BOOK_REFUSES, may_reassign
from functions.handovers.bulk_move_answers import (
    BOOK,
    PLAN_REFUSES,
    BulkMoveWithClients,
    read_bulk_move,
    with_clients,
)
from shared.core.errors import Invalid
from shared.core.versioned import Versioned
from shared.handovers import bulk_moves as usecases
from shared.handovers.domain.bulk_moves import (
    BulkMove,
    NewHandoverPlan,
    NobodyToHandTo,
    PlanNotReady,
    UndoTooLate,
)
from shared.handovers.handover_plans import plan_handover
from shared.handovers.views import BulkMoveView, bulk_move_item, bulk_move_view, move_item

bp = func.Blueprint()

PLANS = f"{BOOK}/handover-plans"
PREVIEW_SIZE = 20  # clients


@serve(
    bp,
    Operation(
        "POST",
        PLANS,
        who="EH",
        book_operations=(REASSIGN_CLIENTS,),
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
    return Reply(with_clients(stored.value, clients), etag=stored.etag, location=location)


@serve(
    bp,
    Operation(
        "GET",
        PLANS,
        who="EH",
        book_operations=(REASSIGN_CLIENTS,),
        returns=PageOf[BulkMoveView],
        tag="Clienteling",
        refuses=BOOK_REFUSES,
    ),
)
async def list_handover_plans(call: Call[PageQuery, None]) -> Reply:
    """List the handover plans and reassignments of a book.

    The newest come first, without their clients.
    """
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
        book_operations=(REASSIGN_CLIENTS,),
        returns=BulkMoveWithClients,
        tag="Clienteling",
        refuses=PLAN_REFUSES,
    ),
)
async def get_handover_plan(call: Call[PageQuery, None]) -> Reply:
    """Get a handover plan.

    The answer says how far it has come, with a page of its clients and what became of each.
    """
    await may_reassign(call, call.path["personnelNumber"])
    return await read_bulk_move(call)


@serve(
    bp,
    Operation(
        "POST",
        PLANS + "/{planId}/execution",
        who="EH",
        book_operations=(REASSIGN_CLIENTS,),
        returns=BulkMoveView,
        status=202,
        tag="Clienteling",
        refuses=(*PLAN_REFUSES, PlanNotReady, Invalid),
    ),
)
async def execute_handover_plan(call: Call[NoQuery, None]) -> Reply:
    """Execute a handover plan.

    The clients are moved in the background; follow it by getting the plan. Asked for twice, the
    plan is executed once.
    """
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
        book_operations=(REASSIGN_CLIENTS,),
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
