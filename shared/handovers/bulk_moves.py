"""Plans of a client book: made, kept in chunks, executed and undone by the change feed."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from shared.clienteling.card_projection import BOOKS
from shared.clienteling.client_books import (
    Done,
    add_client,
    change_clients,
    receiving_book,
    side_by_side,
)
from shared.clienteling.domain.client_books import ClientNotInBook, Holder, Membership
from shared.context import Context
from shared.core.errors import AlreadyExists, Stale, Unavailable
from shared.core.evolve import evolve
from shared.handovers.documents import (
    PLAN,
    chunk_document,
    chunk_id,
    plan_document,
    plan_id_of,
    plan_of,
)
from shared.handovers.domain.bulk_moves import (
    MOVES_IN_CHUNK,
    Move,
    Plan,
    PlanNotFound,
    PlanNotReady,
    PlanStatus,
    chunked,
)
from shared.ports.documents import Create, Equal, Operation, Order, Page, Replace

CHUNKS_IN_COMMIT = 10  # less than 2 MB, however long the names
NEWEST_FIRST = Order(("type", "createdAt"), descending=True)


async def make_plan(plan: Plan, moves: Sequence[Move], *, context: Context) -> tuple[Plan, str]:
    """Keep the plan and its moves; the header comes last, so one that is there is whole.

    The same request again keeps chunks of its own, and finds the header that came first.
    """
    place = context.partition(plan.personnel_number)
    chunks = chunked(moves)
    for start in range(0, len(chunks), CHUNKS_IN_COMMIT):
        writes: list[Operation] = [
            Create(chunk_document(plan, start + index, chunk))
            for index, chunk in enumerate(chunks[start : start + CHUNKS_IN_COMMIT], start=1)
        ]
        await context.documents.commit(BOOKS, place, writes)
    if not chunks and plan.status == "Executing":
        plan = plan.ended(context.now)
    try:
        [etag] = await context.documents.commit(BOOKS, place, [Create(plan_document(plan))])
    except AlreadyExists:
        return await read_plan(plan.personnel_number, plan.id, context=context)
    return plan, etag


async def known_plan(personnel_number: str, context: Context) -> tuple[Plan, str] | None:
    """Return the plan that this same request made when it came before."""
    if context.fingerprint is None:
        return None
    with suppress(PlanNotFound):
        return await read_plan(personnel_number, context.new_id(), context=context)
    return None


async def read_plan(personnel_number: str, plan_id: str, *, context: Context) -> tuple[Plan, str]:
    """Return the plan and its version. Raises PlanNotFound."""
    document = await context.documents.read(
        BOOKS, context.partition(personnel_number), plan_id_of(plan_id)
    )
    if document is None:
        raise PlanNotFound(f"There is no plan {plan_id}.")
    return plan_of(document), document.etag


async def list_plans(
    personnel_number: str, *, limit: int, continuation: str | None, context: Context
) -> Page:
    """Return the plans of a book, newest first. One query."""
    return await context.documents.query(
        BOOKS,
        context.partition(personnel_number),
        Equal("type", PLAN),
        order=NEWEST_FIRST,
        limit=limit,
        continuation=continuation,
    )


async def list_moves(
    plan: Plan, *, limit: int, start: int, context: Context
) -> tuple[list[Move], int | None]:
    """Return clients with whom they go to, and where the page after begins. Two point reads."""
    found: list[Move] = []
    while len(found) < limit and start < plan.total:
        moves = await _moves(plan, start // MOVES_IN_CHUNK + 1, context)
        offset = start % MOVES_IN_CHUNK
        some = moves[offset : offset + limit - len(found)]
        if not some:
            return found, None  # it has outlived its time
        found += some
        start += len(some)
    return found, start if start < plan.total else None


async def turn_plan(
    personnel_number: str, plan_id: str, to: PlanStatus, *, context: Context
) -> tuple[Plan, str]:
    """Have the plan executed or undone; asked for twice, it is done once.

    Raises PlanNotFound, PlanNotReady, UndoTooLate.
    """
    plan, etag = await read_plan(personnel_number, plan_id, context=context)
    if plan.status == to:
        turned = plan  # written again, so that the feed brings it once more if it has stopped
    elif to == "Executing":
        turned = plan.executing()
        for target in plan.targets:
            await receiving_book(target, f"/targets/{target}", context)
    else:
        turned = plan.undoing(context.now)
    if not turned.chunks:
        turned = turned.ended(context.now)
    try:
        [etag] = await context.documents.commit(
            BOOKS, context.partition(personnel_number), [Replace(plan_document(turned), etag)]
        )
    except Stale:
        raise PlanNotReady("Somebody else turned it this moment.", status=plan.status) from None
    return turned, etag


async def work_through(personnel_number: str, plan_id: str, *, context: Context) -> bool:
    """Do the next chunk of a plan that is being executed or undone; tell whether there is another.

    Coming twice, or dying half way, changes nothing: a client whom the plan has moved is known by
    her membership, written in the commit that moves her. Raises Unavailable.
    """
    place = context.partition(personnel_number)
    header = await context.documents.read(BOOKS, place, plan_id_of(plan_id))
    if header is None or (plan := plan_of(header)).status not in {"Executing", "Undoing"}:
        return False
    number = plan.chunks_done + 1
    chunk = await context.documents.read(BOOKS, place, chunk_id(plan, number))
    if chunk is None:
        raise Unavailable("A replica lags behind the one that knows the plan.")
    moves = [Move.model_validate(one) for one in chunk.body["moves"]]
    done = await _execute(plan, moves, context)
    counted = plan.counted(done, context.now)
    with suppress(Stale):
        await context.documents.commit(
            BOOKS,
            place,
            [
                Replace(plan_document(counted), header.etag),
                Replace(chunk_document(plan, number, done), chunk.etag),
            ],
        )
    return counted.status in {"Executing", "Undoing"}


async def _execute(plan: Plan, moves: Sequence[Move], context: Context) -> list[Move]:
    targets = {one.customer_id: one.to for one in moves}
    undoing = plan.status == "Undoing"

    way = _put_back if undoing else _add if plan.kind == "Addition" else _move

    async def do(key: str, customer_id: str) -> Done:
        await way(plan, key, targets[customer_id], context)
        return "Moved"

    concerned = [one.customer_id for one in moves if not undoing or one.status == "Moved"]
    results = {one.customer_id: one for one in await side_by_side(concerned, do, context=context)}
    return [_after(one, results.get(one.customer_id), undoing=undoing) for one in moves]


def _after(move: Move, result: Any, *, undoing: bool) -> Move:
    if result is None:
        return move
    refused = result.status == "Refused"
    if undoing:
        return evolve(move, status="Kept" if refused else "Returned")
    return evolve(move, status="Refused" if refused else "Moved", code=result.code)


async def _add(_: Plan, key: str, to: str, context: Context) -> None:
    await add_client(to, key, context=context)


async def _move(plan: Plan, key: str, to: str, context: Context) -> None:
    """Move one client, unless this plan has done so. Raises ClientNotInBook, CustomerNotFound."""
    new = Holder(
        personnel_number=to, added_at=context.now, added_by=context.actor, moved_by=plan.id
    )

    def decide(membership: Membership) -> Membership:
        there = membership.of(to)
        if (there and there.moved_by == plan.id) or membership.given_up_by(plan.id):
            return membership
        return membership.moved(plan.personnel_number, new)

    await change_clients(key, decide, context=context)


async def _put_back(plan: Plan, key: str, holder: str, context: Context) -> None:
    """Put one client back who has not moved since, as she was. Raises ClientNotInBook."""
    undone = f"{plan.id} undone"

    def decide(membership: Membership) -> Membership:
        back = membership.of(plan.personnel_number)
        if back and back.moved_by == undone:
            return membership
        if membership.given_up_by(plan.id):
            return membership.taken_back(plan.id, undone)
        there = membership.must_be_of(holder)
        if there.moved_by != plan.id:
            raise ClientNotInBook("She has moved since.")
        old = Holder(
            personnel_number=plan.personnel_number,
            added_at=there.since or context.now,
            added_by=there.since_by or context.actor,
            moved_by=undone,
        )
        return membership.moved(holder, old)

    await change_clients(key, decide, context=context)


async def _moves(plan: Plan, number: int, context: Context) -> list[Move]:
    chunk = await context.documents.read(
        BOOKS, context.partition(plan.personnel_number), chunk_id(plan, number)
    )
    return [Move.model_validate(one) for one in chunk.body["moves"]] if chunk else []
