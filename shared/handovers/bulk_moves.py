"""Bulk moves of a client book: created, read, listed, started and undone."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from uuid import uuid4

from shared.clienteling.client_books import receiving_book
from shared.context import Context
from shared.core.retry import until_not_stale
from shared.core.versioned import Versioned
from shared.handovers.documents import (
    bulk_moves_of,
    load_moves,
    move_documents,
    query_bulk_moves,
    versioned_bulk_moves,
)
from shared.handovers.domain.bulk_moves import (
    MOVES_IN_CHUNK,
    BulkMove,
    BulkMoveKind,
    Move,
    PlanNotFound,
    chunked,
)

Decide = Callable[[BulkMove], Awaitable[BulkMove]]


def new_bulk_move(
    kind: BulkMoveKind, personnel_number: str, moves: Sequence[Move], context: Context
) -> BulkMove:
    return BulkMove(
        id=context.new_id(),
        legal_entity=context.legal_entity,
        kind=kind,
        personnel_number=personnel_number,
        batch=uuid4().hex,  # the same request again may find other clients in the book
        total=len(moves),
        targets=dict(Counter(move.to for move in moves)),
        chunks=-(-len(moves) // MOVES_IN_CHUNK),
        created_at=context.now,
        created_by=context.actor,
    )


async def create_bulk_move(
    bulk_move: BulkMove, moves: Sequence[Move], *, context: Context
) -> Versioned[BulkMove]:
    """Store it with its moves. The same request again finds the one that came first."""
    contents = [move_documents(chunk) for chunk in chunked(moves)]
    if bulk_move.running and not contents:
        bulk_move = bulk_move.after_last_chunk(context.now)
    jobs = bulk_moves_of(bulk_move.personnel_number, context)
    return await jobs.create(bulk_move, contents)


async def find_repeated(personnel_number: str, context: Context) -> Versioned[BulkMove] | None:
    """Return what this same request created when it came before."""
    if context.fingerprint is None:
        return None
    with suppress(PlanNotFound):
        return await read_bulk_move(personnel_number, context.new_id(), context=context)
    return None


async def read_bulk_move(
    personnel_number: str, plan_id: str, *, context: Context
) -> Versioned[BulkMove]:
    """Return the bulk move. One point read. Raises PlanNotFound."""
    stored = await bulk_moves_of(personnel_number, context).load(plan_id)
    if stored is None:
        raise PlanNotFound(f"There is no plan {plan_id}.")
    return stored


async def list_bulk_moves(
    personnel_number: str, *, limit: int, continuation: str | None, context: Context
) -> tuple[list[Versioned[BulkMove]], str | None]:
    """Return a page of the bulk moves of a book, newest first, and what continues it."""
    page = await query_bulk_moves(
        personnel_number, limit=limit, continuation=continuation, context=context
    )
    return versioned_bulk_moves(page), page.continuation


async def list_moves(
    bulk_move: BulkMove, *, limit: int, start: int, context: Context
) -> tuple[list[Move], int | None]:
    """Return clients with whom they go to, and where the next page begins. Two point reads."""
    listed: list[Move] = []
    while len(listed) < limit and start < bulk_move.total:
        moves = await load_moves(bulk_move, start // MOVES_IN_CHUNK + 1, context)
        offset = start % MOVES_IN_CHUNK
        part = moves[offset : offset + limit - len(listed)]
        if not part:
            return listed, None  # the chunk has expired
        listed += part
        start += len(part)
    return listed, start if start < bulk_move.total else None


async def start_plan(
    personnel_number: str, plan_id: str, *, context: Context
) -> Versioned[BulkMove]:
    """Have the plan executed by the feed; asked for twice, it is executed once.

    Raises PlanNotFound, PlanNotReady, Invalid.
    """

    async def decide(plan: BulkMove) -> BulkMove:
        if plan.status == "Executing":
            return plan
        executing = plan.executing()
        for target in plan.targets:
            await receiving_book(target, f"/targets/{target}", context)
        return executing

    return await _run(personnel_number, plan_id, decide, context)


async def undo_plan(
    personnel_number: str, plan_id: str, *, context: Context
) -> Versioned[BulkMove]:
    """Have the plan undone by the feed; asked for twice, it is undone once.

    Raises PlanNotFound, PlanNotReady, UndoTooLate.
    """

    async def decide(plan: BulkMove) -> BulkMove:
        return plan if plan.status == "Undoing" else plan.undoing(context.now)

    return await _run(personnel_number, plan_id, decide, context)


async def _run(
    personnel_number: str, plan_id: str, decide: Decide, context: Context
) -> Versioned[BulkMove]:
    """Write what is decided. A plan that runs is written too, so that the feed brings it again."""

    async def attempt() -> Versioned[BulkMove]:
        stored = await read_bulk_move(personnel_number, plan_id, context=context)
        plan = await decide(stored.value)
        if not plan.chunks:
            plan = plan.after_last_chunk(context.now)
        return await bulk_moves_of(personnel_number, context).replace(stored, plan)

    return await until_not_stale(attempt, turn=context.turn("bulk-move", plan_id))
