"""What operations about one bulk move answer alike: how far it is, and a page of its clients."""

from typing import Any

from pydantic import Field

from functions._http.trigger import Call, PageOf, PageQuery, Reply
from functions.clienteling.access import BOOK_REFUSES
from shared.handovers import bulk_moves as usecases
from shared.handovers.domain.bulk_moves import BulkMove, Move, PlanNotFound
from shared.handovers.views import BulkMoveView, bulk_move_view, move_item

BOOK = "client-books/{personnelNumber}"
PLAN_REFUSES = (*BOOK_REFUSES, PlanNotFound)


class BulkMoveWithClients(BulkMoveView):
    """How far a bulk move has come, and a page of its clients."""

    clients: PageOf[Move] = Field(description="Clients, with the associates they go to")


async def read_bulk_move(call: Call[PageQuery, None]) -> Reply:
    number = call.path["personnelNumber"]
    stored = await usecases.read_bulk_move(number, call.path["planId"], context=call.context)
    moves, next_start = await usecases.list_moves(
        stored.value, limit=call.query.limit, start=call.position() or 0, context=call.context
    )
    clients = call.page([move_item(move) for move in moves], next_start)
    return Reply(with_clients(stored.value, clients), etag=stored.etag)


def with_clients(bulk_move: BulkMove, clients: dict[str, Any]) -> dict[str, Any]:
    view = bulk_move_view(bulk_move).model_dump(mode="json", by_alias=True)
    return view | {"clients": clients}
