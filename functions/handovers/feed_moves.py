"""The change feed of books: bulk moves of clients are worked through."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

import azure.functions as func

from functions._feed import feed
from shared.composition import wiring
from shared.handovers.documents import BULK_MOVES
from shared.handovers.domain.bulk_moves import BulkMove
from shared.handovers.moving import move_next_clients
from shared.jobs.work import work_through_all
from shared.ports.changes import Change

bp = func.Blueprint()


@feed(bp, "books")
async def move_clients(changes: Sequence[Change]) -> None:
    """Execute or undo each bulk move; one that comes again goes on where it was."""
    documents = wiring.backend().documents
    bulk_moves = [await BULK_MOVES.running_job(change, documents) for change in changes]
    await work_through_all(partial(_move_next, move) for move in bulk_moves if move)


async def _move_next(bulk_move: BulkMove) -> bool:
    backend, now = wiring.backend(), datetime.now(UTC)
    context = backend.context(bulk_move.legal_entity, bulk_move.created_by, now)
    return await move_next_clients(bulk_move, context=context)
