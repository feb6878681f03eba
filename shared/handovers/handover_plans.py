"""Planning who receives the clients of a book, for a preview."""

from shared.clienteling.cards.selection import Client, all_clients
from shared.clienteling.client_books import LACKS_OWN_BOOK, receiving_book, sees_own_book
from shared.configuration.domain import collections as col
from shared.configuration.workers import associates_of
from shared.context import Context
from shared.core.errors import Invalid
from shared.core.evolve import evolve
from shared.core.versioned import Versioned
from shared.handovers.bulk_moves import create_bulk_move, find_repeated, new_bulk_move
from shared.handovers.domain.bulk_moves import (
    BulkMove,
    NewHandoverPlan,
    NobodyToHandTo,
    SkippedAssociate,
    shared_out,
)

ALREADY_CLIENTS = "They are already this associate's clients."


async def plan_handover(
    personnel_number: str, rule: NewHandoverPlan, *, context: Context
) -> Versioned[BulkMove]:
    """Return a preview: which client goes to whom, and how many to each. Nothing is moved.

    Raises Invalid, NobodyToHandTo.
    """
    if repeated := await find_repeated(personnel_number, context):
        return repeated
    await _check_targets(personnel_number, rule, context)
    associates, skipped = await _sharing_associates(personnel_number, rule, context)
    cards = await cards_of_book(personnel_number, context)
    moves = shared_out(cards, rule, associates)
    plan = new_bulk_move("Handover", personnel_number, moves, context)
    plan = evolve(plan, rule=rule, left=len(cards) - len(moves), skipped=skipped)
    return await create_bulk_move(plan, moves, context=context)


async def cards_of_book(personnel_number: str, context: Context) -> list[Client]:
    """Return all cards of the book, by customer. A query for each 500."""
    return [client async for client in all_clients(personnel_number, context=context)]


async def _check_targets(personnel_number: str, rule: NewHandoverPlan, context: Context) -> None:
    targets = [("/to", rule.to)] if rule.to else []
    targets += [(f"/targets/{value}", target) for value, target in rule.targets.items()]
    for pointer, target in targets:
        if target == personnel_number:
            raise Invalid.at(pointer, "same-associate", ALREADY_CLIENTS)
        await receiving_book(target or "", pointer, context)


async def _sharing_associates(
    personnel_number: str, rule: NewHandoverPlan, context: Context
) -> tuple[list[str], tuple[SkippedAssociate, ...]]:
    """Return who shares the clients, and who works in the store and could not see them."""
    if rule.rule != "Evenly" or rule.store_number is None:
        return [], ()
    store = await context.configuration.require(
        context.legal_entity, col.STORES, rule.store_number, "/storeNumber"
    )
    sharing: list[str] = []
    skipped: list[SkippedAssociate] = []
    for worker in await associates_of(store, context):
        number = worker.personnel_number
        if not worker.active or number == personnel_number:
            continue
        if await sees_own_book(worker, context):
            sharing.append(number)
        else:
            skipped.append(SkippedAssociate(personnel_number=number, code=LACKS_OWN_BOOK))
    if not sharing:
        raise NobodyToHandTo(
            f"No other active associate of the store {store.store_number} sees clients."
        )
    return sharing, tuple(skipped)
