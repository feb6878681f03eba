"""Moving the clients of a bulk move, chunk by chunk, and moving them back."""

from collections.abc import Sequence

from shared.clienteling.clients import add_client, change_clients
from shared.clienteling.domain.client_books import ClientNotInBook, Holder, Membership
from shared.context import Context
from shared.core.concurrency import side_by_side
from shared.core.errors import Refusal, Stale, Unavailable
from shared.customers.customers import resolve
from shared.handovers.documents import bulk_moves_of, move_documents, moves_of
from shared.handovers.domain.bulk_moves import BulkMove, Move
from shared.jobs.work import Applied, Attempt, work_through

CLIENTS_AT_ONCE = 16  # moved side by side


async def move_next_clients(bulk_move: BulkMove, *, context: Context) -> bool:
    """Move, or move back, the clients of the next chunk; return whether to go on at once.

    A client who was moved before is known by their membership, written in the commit that moves
    them. Raises Unavailable.
    """

    async def apply(bulk_move: BulkMove, attempt: Attempt) -> Applied:
        moves = await _apply(bulk_move, moves_of(attempt.content), context)
        return Applied(bulk_move.outcomes(moves), move_documents(moves))

    jobs = bulk_moves_of(bulk_move.personnel_number, context)
    return await work_through(jobs, bulk_move, apply, now=context.now)


async def _apply(bulk_move: BulkMove, moves: Sequence[Move], context: Context) -> list[Move]:
    undoing = bulk_move.status == "Undoing"
    apply = _move_back if undoing else _add if bulk_move.kind == "Addition" else _move

    async def run(move: Move) -> Move:
        if not bulk_move.concerns(move):
            return move
        try:
            key = await resolve(move.customer_id, context=context)
            await apply(bulk_move, key, move.to, context)
        except (Unavailable, Stale):
            raise
        except Refusal as exc:
            return bulk_move.after(move, code=exc.code, refused=True)
        return bulk_move.after(move, code=None, refused=False)

    return await side_by_side(moves, run, at_once=CLIENTS_AT_ONCE)


async def _add(_: BulkMove, key: str, to: str, context: Context) -> None:
    await add_client(to, key, context=context)


async def _move(bulk_move: BulkMove, key: str, to: str, context: Context) -> None:
    """Move one client, unless it was done before. Raises ClientNotInBook, CustomerNotFound."""
    new = Holder(
        personnel_number=to, added_at=context.now, added_by=context.actor, moved_by=bulk_move.id
    )

    def decide(membership: Membership) -> Membership:
        holder = membership.of(to)
        moved = holder and holder.moved_by == bulk_move.id
        if moved or membership.given_up_by(bulk_move.id):
            return membership
        return membership.moved(bulk_move.personnel_number, new)

    await change_clients(key, decide, context=context)


async def _move_back(bulk_move: BulkMove, key: str, to: str, context: Context) -> None:
    """Move one client back who has not moved since, as they were. Raises ClientNotInBook."""
    undone = f"{bulk_move.id} undone"

    def decide(membership: Membership) -> Membership:
        back = membership.of(bulk_move.personnel_number)
        if back and back.moved_by == undone:
            return membership
        if membership.given_up_by(bulk_move.id):
            return membership.taken_back(bulk_move.id, undone)
        holder = membership.must_be_of(to)
        if holder.moved_by != bulk_move.id:
            raise ClientNotInBook("The client has moved since.")
        previous = Holder(
            personnel_number=bulk_move.personnel_number,
            added_at=holder.since or context.now,
            added_by=holder.since_by or context.actor,
            moved_by=undone,
        )
        return membership.moved(to, previous)

    await change_clients(key, decide, context=context)
