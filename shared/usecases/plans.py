"""Plans of a client book: made, kept in chunks, executed and undone by the change feed."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from shared.domain.client_books import ClientNotInBook, Holder, Membership
from shared.domain.plans import (
    MOVES_IN_CHUNK,
    Move,
    Plan,
    PlanNotFound,
    PlanNotReady,
    PlanStatus,
    chunked,
)
from shared.errors import AlreadyExists, Stale, Unavailable
from shared.ports import Create, Equal, Operation, Order, Page, Replace
from shared.usecases.cards import BOOKS
from shared.usecases.client_books import (
    Done,
    add_client,
    change_clients,
    receiving_book,
    side_by_side,
)
from shared.usecases.errand import Errand
from shared.usecases.plan_records import (
    PLAN,
    chunk_document,
    chunk_id,
    plan_document,
    plan_id_of,
    plan_of,
)

CHUNKS_IN_COMMIT = 10  # less than 2 MB, however long the names
NEWEST_FIRST = Order(("type", "createdAt"), descending=True)


async def make_plan(plan: Plan, moves: Sequence[Move], *, errand: Errand) -> tuple[Plan, str]:
    """Keep the plan and its moves; the header comes last, so one that is there is whole.

    The same request again keeps chunks of its own, and finds the header that came first.
    """
    place = errand.place(plan.personnel_number)
    chunks = chunked(moves)
    for start in range(0, len(chunks), CHUNKS_IN_COMMIT):
        writes: list[Operation] = [
            Create(chunk_document(plan, start + index, chunk))
            for index, chunk in enumerate(chunks[start : start + CHUNKS_IN_COMMIT], start=1)
        ]
        await errand.documents.commit(BOOKS, place, writes)
    if not chunks and plan.status == "Executing":
        plan = plan.ended(errand.now)
    try:
        [etag] = await errand.documents.commit(BOOKS, place, [Create(plan_document(plan))])
    except AlreadyExists:
        return await read_plan(plan.personnel_number, plan.id, errand=errand)
    return plan, etag


async def known_plan(personnel_number: str, errand: Errand) -> tuple[Plan, str] | None:
    """Return the plan that this same request made when it came before."""
    if errand.fingerprint is None:
        return None
    with suppress(PlanNotFound):
        return await read_plan(personnel_number, errand.new_id(), errand=errand)
    return None


async def read_plan(personnel_number: str, plan_id: str, *, errand: Errand) -> tuple[Plan, str]:
    """Return the plan and its version. Raises PlanNotFound."""
    document = await errand.documents.read(
        BOOKS, errand.place(personnel_number), plan_id_of(plan_id)
    )
    if document is None:
        raise PlanNotFound(f"There is no plan {plan_id}.")
    return plan_of(document), document.etag


async def list_plans(
    personnel_number: str, *, limit: int, continuation: str | None, errand: Errand
) -> Page:
    """Return the plans of a book, newest first. One query."""
    return await errand.documents.query(
        BOOKS,
        errand.place(personnel_number),
        Equal("type", PLAN),
        order=NEWEST_FIRST,
        limit=limit,
        continuation=continuation,
    )


async def list_moves(
    plan: Plan, *, limit: int, start: int, errand: Errand
) -> tuple[list[Move], int | None]:
    """Return clients with whom they go to, and where the page after begins. Two point reads."""
    found: list[Move] = []
    while len(found) < limit and start < plan.total:
        moves = await _moves(plan, start // MOVES_IN_CHUNK + 1, errand)
        offset = start % MOVES_IN_CHUNK
        some = moves[offset : offset + limit - len(found)]
        if not some:
            return found, None  # it has outlived its time
        found += some
        start += len(some)
    return found, start if start < plan.total else None


async def turn_plan(
    personnel_number: str, plan_id: str, to: PlanStatus, *, errand: Errand
) -> tuple[Plan, str]:
    """Have the plan executed or undone; asked for twice, it is done once.

    Raises PlanNotFound, PlanNotReady, UndoTooLate.
    """
    plan, etag = await read_plan(personnel_number, plan_id, errand=errand)
    if plan.status == to:
        turned = plan  # written again, so that the feed brings it once more if it has stopped
    elif to == "Executing":
        turned = plan.executing()
        for target in plan.targets:
            await receiving_book(target, f"/targets/{target}", errand)
    else:
        turned = plan.undoing(errand.now)
    if not turned.chunks:
        turned = turned.ended(errand.now)
    try:
        [etag] = await errand.documents.commit(
            BOOKS, errand.place(personnel_number), [Replace(plan_document(turned), etag)]
        )
    except Stale:
        raise PlanNotReady("Somebody else turned it this moment.", status=plan.status) from None
    return turned, etag


async def work_through(personnel_number: str, plan_id: str, *, errand: Errand) -> bool:
    """Do the next chunk of a plan that is being executed or undone; tell whether there is another.

    Coming twice, or dying half way, changes nothing: a client whom the plan has moved is known by
    her membership, written in the commit that moves her. Raises Unavailable.
    """
    place = errand.place(personnel_number)
    header = await errand.documents.read(BOOKS, place, plan_id_of(plan_id))
    if header is None or (plan := plan_of(header)).status not in {"Executing", "Undoing"}:
        return False
    number = plan.chunks_done + 1
    chunk = await errand.documents.read(BOOKS, place, chunk_id(plan, number))
    if chunk is None:
        raise Unavailable("A replica lags behind the one that knows the plan.")
    moves = [Move.model_validate(one) for one in chunk.body["moves"]]
    done = await _execute(plan, moves, errand)
    counted = plan.counted(done, errand.now)
    with suppress(Stale):
        await errand.documents.commit(
            BOOKS,
            place,
            [
                Replace(plan_document(counted), header.etag),
                Replace(chunk_document(plan, number, done), chunk.etag),
            ],
        )
    return counted.status in {"Executing", "Undoing"}


async def _execute(plan: Plan, moves: Sequence[Move], errand: Errand) -> list[Move]:
    targets = {one.customer_id: one.to for one in moves}
    undoing = plan.status == "Undoing"

    way = _put_back if undoing else _add if plan.kind == "Addition" else _move

    async def do(key: str, customer_id: str) -> Done:
        await way(plan, key, targets[customer_id], errand)
        return "Moved"

    concerned = [one.customer_id for one in moves if not undoing or one.status == "Moved"]
    results = {one.customer_id: one for one in await side_by_side(concerned, do, errand=errand)}
    return [_after(one, results.get(one.customer_id), undoing=undoing) for one in moves]


def _after(move: Move, result: Any, *, undoing: bool) -> Move:
    if result is None:
        return move
    refused = result.status == "Refused"
    if undoing:
        return move.model_copy(update={"status": "Kept" if refused else "Returned"})
    return move.model_copy(
        update={"status": "Refused" if refused else "Moved", "code": result.code}
    )


async def _add(_: Plan, key: str, to: str, errand: Errand) -> None:
    await add_client(to, key, errand=errand)


async def _move(plan: Plan, key: str, to: str, errand: Errand) -> None:
    """Move one client, unless this plan has done so. Raises ClientNotInBook, CustomerNotFound."""
    new = Holder(personnel_number=to, added_at=errand.now, added_by=errand.actor, moved_by=plan.id)

    def decide(membership: Membership) -> Membership:
        there = membership.of(to)
        if (there and there.moved_by == plan.id) or membership.given_up_by(plan.id):
            return membership
        return membership.moved(plan.personnel_number, new)

    await change_clients(key, decide, errand=errand)


async def _put_back(plan: Plan, key: str, holder: str, errand: Errand) -> None:
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
            added_at=there.since or errand.now,
            added_by=there.since_by or errand.actor,
            moved_by=undone,
        )
        return membership.moved(holder, old)

    await change_clients(key, decide, errand=errand)


async def _moves(plan: Plan, number: int, errand: Errand) -> list[Move]:
    chunk = await errand.documents.read(
        BOOKS, errand.place(plan.personnel_number), chunk_id(plan, number)
    )
    return [Move.model_validate(one) for one in chunk.body["moves"]] if chunk else []
