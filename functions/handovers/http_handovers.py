"""Handing clients over, over HTTP: reassignments, and plans with a preview and an undo."""

from http import HTTPStatus
from typing import Any

import azure.functions as func

from functions._http import Call, NoQuery, Operation, PageOf, PageQuery, Reply, serve
from functions.clienteling.access import BOOK_REFUSES, may_read, may_reassign
from shared.clienteling.domain.client_books import ClientResults
from shared.core.errors import Invalid
from shared.handovers import bulk_moves as usecases
from shared.handovers.documents import plan_of
from shared.handovers.domain.bulk_moves import (
    Move,
    NewHandoverPlan,
    NobodyToHandTo,
    Plan,
    PlanNotFound,
    PlanNotReady,
    PlanStatus,
    Reassignment,
    ReassignmentRefused,
    UndoTooLate,
)
from shared.handovers.handovers import plan_handover, reassign

bp = func.Blueprint()

BOOK = "client-books/{personnelNumber}"
REASSIGNMENTS, PLANS = f"{BOOK}/reassignments", f"{BOOK}/handover-plans"
FIRST = 20  # clients that a preview shows at once
PLAN_REFUSES = (*BOOK_REFUSES, PlanNotFound)


class PlanView(Plan):
    clients: PageOf[Move]


@serve(
    bp,
    Operation(
        "POST",
        REASSIGNMENTS,
        who="EH",
        returns=ClientResults | Plan,
        also=(202,),
        tag="Clienteling",
        refuses=(*BOOK_REFUSES, ReassignmentRefused),
    ),
)
async def reassign_clients(call: Call[NoQuery, Reassignment]) -> Reply:
    """Move clients of a book to another associate, and answer for each.

    More than a hundred are moved in the background: 202, and Location says how far that is.
    """
    number = call.path["personnelNumber"]
    await may_reassign(call, number)
    done = await reassign(number, call.body, context=call.context)
    if isinstance(done, ClientResults):
        return Reply(done)
    plan, etag = done
    location = call.url("client-books", number, "reassignments", plan.id)
    return Reply(plan, status=HTTPStatus.ACCEPTED, etag=etag, location=location)


@serve(
    bp,
    Operation(
        "GET",
        REASSIGNMENTS + "/{planId}",
        who="EH",
        returns=PlanView,
        tag="Clienteling",
        refuses=PLAN_REFUSES,
    ),
)
async def get_reassignment(call: Call[PageQuery, None]) -> Reply:
    """Tell how far a reassignment in the background is, and what became of each client."""
    return await _plan(call)


@serve(
    bp,
    Operation(
        "GET",
        BOOK + "/additions/{planId}",
        who="EH",
        returns=PlanView,
        tag="Clienteling",
        refuses=PLAN_REFUSES,
    ),
)
async def get_addition(call: Call[PageQuery, None]) -> Reply:
    """Tell how far the adding of many clients is, and what became of each."""
    await may_read(call, call.path["personnelNumber"])
    return await _read(call)


@serve(
    bp,
    Operation(
        "POST",
        PLANS,
        who="EH",
        returns=PlanView,
        status=201,
        tag="Clienteling",
        refuses=(*BOOK_REFUSES, NobodyToHandTo),
    ),
)
async def plan_a_handover(call: Call[NoQuery, NewHandoverPlan]) -> Reply:
    """Preview how a book would be shared out: how many go to whom, and who. Nothing is moved."""
    number = call.path["personnelNumber"]
    await may_reassign(call, number)
    plan, etag = await plan_handover(number, call.body, context=call.context)
    moves, _ = await usecases.list_moves(plan, limit=FIRST, start=0, context=call.context)
    location = call.url("client-books", number, "handover-plans", plan.id)
    return Reply(_view(plan, call.page(_items(moves), None)), etag=etag, location=location)


@serve(
    bp,
    Operation(
        "GET", PLANS, who="EH", returns=PageOf[Plan], tag="Clienteling", refuses=BOOK_REFUSES
    ),
)
async def list_handover_plans(call: Call[PageQuery, None]) -> Reply:
    """List the handover plans and reassignments of a book, newest first."""
    number = call.path["personnelNumber"]
    await may_reassign(call, number)
    page = await usecases.list_plans(
        number, limit=call.query.limit, continuation=call.position(), context=call.context
    )
    items = [
        plan_of(one).model_dump(mode="json", by_alias=True) | {"etag": one.etag}
        for one in page.documents
    ]
    return Reply(call.page(items, page.continuation))


@serve(
    bp,
    Operation(
        "GET",
        PLANS + "/{planId}",
        who="EH",
        returns=PlanView,
        tag="Clienteling",
        refuses=PLAN_REFUSES,
    ),
)
async def get_handover_plan(call: Call[PageQuery, None]) -> Reply:
    """Read a plan and how far it is, and page through its clients with whom they go to."""
    return await _plan(call)


@serve(
    bp,
    Operation(
        "POST",
        PLANS + "/{planId}/execution",
        who="EH",
        returns=Plan,
        status=202,
        tag="Clienteling",
        refuses=(*PLAN_REFUSES, PlanNotReady, Invalid),
    ),
)
async def execute_handover_plan(call: Call[NoQuery, None]) -> Reply:
    """Move the clients as the plan says, in the background; asked for twice, it is done once."""
    return await _turned(call, "Executing")


@serve(
    bp,
    Operation(
        "POST",
        PLANS + "/{planId}/undo",
        who="EH",
        returns=Plan,
        status=202,
        tag="Clienteling",
        refuses=(*PLAN_REFUSES, PlanNotReady, UndoTooLate),
    ),
)
async def undo_handover_plan(call: Call[NoQuery, None]) -> Reply:
    """Put every client back who has not moved since; possible for seven days."""
    return await _turned(call, "Undoing")


async def _turned(call: Call[NoQuery, None], to: PlanStatus) -> Reply:
    number = call.path["personnelNumber"]
    await may_reassign(call, number)
    plan, etag = await usecases.turn_plan(number, call.path["planId"], to, context=call.context)
    location = call.url("client-books", number, "handover-plans", plan.id)
    return Reply(plan, etag=etag, location=location)


async def _plan(call: Call[PageQuery, None]) -> Reply:
    await may_reassign(call, call.path["personnelNumber"])
    return await _read(call)


async def _read(call: Call[PageQuery, None]) -> Reply:
    number = call.path["personnelNumber"]
    plan, etag = await usecases.read_plan(number, call.path["planId"], context=call.context)
    moves, after = await usecases.list_moves(
        plan, limit=call.query.limit, start=call.position() or 0, context=call.context
    )
    return Reply(_view(plan, call.page(_items(moves), after)), etag=etag)


def _items(moves: list[Move]) -> list[Any]:
    return [one.model_dump(mode="json", by_alias=True) for one in moves]


def _view(plan: Plan, clients: dict[str, Any]) -> dict[str, Any]:
    return plan.model_dump(mode="json", by_alias=True) | {"clients": clients}
