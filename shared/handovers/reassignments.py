"""Reassigning clients of a book: some or all, at once or in the background."""

from collections.abc import Sequence

from shared.clienteling.client_books import receiving_book
from shared.clienteling.clients import ClientOutcome, move_client, side_by_side
from shared.clienteling.domain.client_books import (
    MAX_CLIENTS_AT_ONCE,
    ClientResult,
    ClientResults,
    results_of,
)
from shared.clienteling.memberships import read_membership
from shared.context import Context
from shared.core.errors import Invalid
from shared.core.evolve import evolve
from shared.core.versioned import Versioned
from shared.handovers.bulk_moves import (
    create_bulk_move,
    find_repeated,
    list_moves,
    new_bulk_move,
    read_bulk_move,
)
from shared.handovers.domain.bulk_moves import (
    BulkMove,
    Move,
    Reassignment,
    ReassignmentRefused,
)
from shared.handovers.handover_plans import ALREADY_CLIENTS, cards_of_book
from shared.handovers.moving import move_next_clients


async def reassign(
    personnel_number: str, reassignment: Reassignment, *, context: Context
) -> ClientResults | Versioned[BulkMove]:
    """Move the clients and answer for each; more than a hundred are moved in the background.

    Raises Invalid, and ReassignmentRefused where all or nothing was asked for.
    """
    await receiving_book(reassignment.to, "/to", context)
    if reassignment.to == personnel_number:
        raise Invalid.at("/to", "same-associate", ALREADY_CLIENTS)
    if repeated := await find_repeated(personnel_number, context):
        return await _answer(repeated, context)
    customer_ids = await _customer_ids(personnel_number, reassignment, context)
    if len(customer_ids) > MAX_CLIENTS_AT_ONCE:
        return await _in_background(personnel_number, customer_ids, reassignment, context)
    if reassignment.all_or_nothing:
        return await _all_or_nothing(personnel_number, customer_ids, reassignment, context)
    return results_of(await _move_all(personnel_number, customer_ids, reassignment.to, context))


async def _all_or_nothing(
    personnel_number: str, customer_ids: Sequence[str], reassignment: Reassignment, context: Context
) -> ClientResults | Versioned[BulkMove]:
    """Move all or none: a bulk move, so that the feed ends or undoes it if this request dies."""
    await _check_all(personnel_number, customer_ids, context)
    created = await _in_background(personnel_number, customer_ids, reassignment, context)
    while await move_next_clients(created.value, context=context):
        pass
    stored = await read_bulk_move(personnel_number, created.value.id, context=context)
    return await _answer(stored, context)


async def _customer_ids(
    personnel_number: str, reassignment: Reassignment, context: Context
) -> list[str]:
    if reassignment.customer_ids is not None:
        return list(dict.fromkeys(reassignment.customer_ids))
    return [card["customerId"] for card in await cards_of_book(personnel_number, context)]


async def _answer(
    stored: Versioned[BulkMove], context: Context
) -> ClientResults | Versioned[BulkMove]:
    """Return what became of a few clients one by one, and of many the bulk move."""
    bulk_move = stored.value
    if bulk_move.total > MAX_CLIENTS_AT_ONCE or bulk_move.status not in {"Executed", "Undone"}:
        return stored
    moves, _ = await list_moves(bulk_move, limit=MAX_CLIENTS_AT_ONCE, start=0, context=context)
    results = [
        ClientResult(
            customer_id=move.customer_id,
            status="Moved" if move.status == "Moved" else "Refused",
            code=move.code,
        )
        for move in moves
    ]
    if bulk_move.status == "Undone":
        raise _refused([result for result in results if result.code])
    return results_of(results)


async def _move_all(
    personnel_number: str, customer_ids: Sequence[str], to: str, context: Context
) -> list[ClientResult]:
    async def move(key: str, _: str) -> ClientOutcome:
        await move_client(personnel_number, key, to, context=context)
        return "Moved"

    return await side_by_side(customer_ids, move, context=context)


async def _check_all(personnel_number: str, customer_ids: Sequence[str], context: Context) -> None:
    """Raise ReassignmentRefused, with nothing changed, if one of them is not in the book."""

    async def check(key: str, _: str) -> ClientOutcome:
        membership = await read_membership(key, context)
        membership.must_be_of(personnel_number)
        return "AlreadyThere"

    results = await side_by_side(customer_ids, check, context=context)
    if any(result.status == "Refused" for result in results):
        raise _refused(results)


def _refused(results: Sequence[ClientResult]) -> ReassignmentRefused:
    refused = [
        result.model_dump(mode="json", by_alias=True)
        for result in results
        if result.status == "Refused"
    ]
    return ReassignmentRefused("No client was moved; some of them cannot be.", results=refused)


async def _in_background(
    personnel_number: str, customer_ids: Sequence[str], reassignment: Reassignment, context: Context
) -> Versioned[BulkMove]:
    # What names no customer is refused when its turn comes.
    moves = [
        Move(customer_id=customer_id, name="", to=reassignment.to) for customer_id in customer_ids
    ]
    bulk_move = new_bulk_move("Reassignment", personnel_number, moves, context)
    bulk_move = evolve(bulk_move, all_or_nothing=reassignment.all_or_nothing)
    return await create_bulk_move(bulk_move.executing(), moves, context=context)
