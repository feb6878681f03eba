"""Handing clients over: some or all of a book, at once or as a plan."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from shared.clienteling.card_facets import every_card
from shared.clienteling.card_pages import Asked
from shared.clienteling.client_books import Done, move_client, receiving_book, side_by_side
from shared.clienteling.domain.card_filters import CardSort
from shared.clienteling.domain.client_books import (
    MOST_AT_ONCE,
    ClientResult,
    ClientResults,
    Membership,
    results_of,
)
from shared.clienteling.memberships import read_membership
from shared.configuration.domain import collections as col
from shared.configuration.workers import associates_of
from shared.context import Context
from shared.core.errors import Invalid
from shared.core.evolve import evolve
from shared.handovers.bulk_moves import known_plan, list_moves, make_plan, read_plan, work_through
from shared.handovers.domain.bulk_moves import (
    MOVES_IN_CHUNK,
    Move,
    NewHandoverPlan,
    NobodyToHandTo,
    Plan,
    PlanKind,
    Reassignment,
    ReassignmentRefused,
    shared_out,
)

Cards = list[dict[str, Any]]


async def reassign(
    personnel_number: str, asked: Reassignment, *, context: Context
) -> ClientResults | tuple[Plan, str]:
    """Move the clients and answer for each; more than a hundred are moved in the background.

    Raises Invalid, and ReassignmentRefused where all or nothing was asked for.
    """
    await receiving_book(asked.to, "/to", context)
    if asked.to == personnel_number:
        raise Invalid.at("/to", "same-associate", "They are her clients already.")
    if known := await known_plan(personnel_number, context):
        return await _answer(*known, context)
    keys = await _keys(personnel_number, asked, context)
    if len(keys) > MOST_AT_ONCE:
        return await _as_plan(personnel_number, keys, asked, context)
    if asked.all_or_nothing:
        return await _all_of(personnel_number, keys, asked, context)
    return results_of(await _move_all(personnel_number, keys, asked.to, context))


async def _all_of(
    personnel_number: str, keys: Sequence[str], asked: Reassignment, context: Context
) -> ClientResults | tuple[Plan, str]:
    """Move all or none: a plan, so that the feed ends or undoes it for whoever dies half way."""
    await _check_all(personnel_number, keys, context)
    plan, _ = await _as_plan(personnel_number, keys, asked, context)
    while await work_through(personnel_number, plan.id, context=context):
        pass
    plan, etag = await read_plan(personnel_number, plan.id, context=context)
    return await _answer(plan, etag, context)


async def _keys(personnel_number: str, asked: Reassignment, context: Context) -> list[str]:
    if asked.customer_ids is not None:
        return list(dict.fromkeys(asked.customer_ids))
    return [card["customerId"] for card in await _book(personnel_number, context)]


async def _answer(plan: Plan, etag: str, context: Context) -> ClientResults | tuple[Plan, str]:
    """Return what became of a few clients one by one, and of many the plan."""
    if plan.total > MOST_AT_ONCE or plan.status not in {"Executed", "Undone"}:
        return plan, etag
    moves, _ = await list_moves(plan, limit=MOST_AT_ONCE, start=0, context=context)
    results = [
        ClientResult(
            customer_id=one.customer_id,
            status="Moved" if one.status == "Moved" else "Refused",
            code=one.code,
        )
        for one in moves
    ]
    if plan.status == "Undone":
        raise _refused([one for one in results if one.code])
    return results_of(results)


async def add_many(
    personnel_number: str, customer_ids: Sequence[str], *, context: Context
) -> tuple[Plan, str]:
    """Have customers put into the book in the background; return how far that is."""
    if known := await known_plan(personnel_number, context):
        return known
    keys = dict.fromkeys(customer_ids)
    moves = [Move(customer_id=key, name="", to=personnel_number) for key in keys]
    plan = _plan("Addition", personnel_number, moves, context)
    return await make_plan(evolve(plan, status="Executing"), moves, context=context)


async def plan_handover(
    personnel_number: str, rule: NewHandoverPlan, *, context: Context
) -> tuple[Plan, str]:
    """Return what it would be like: who goes to whom, and how many to each.

    Nothing is moved. Raises Invalid, NobodyToHandTo.
    """
    if known := await known_plan(personnel_number, context):
        return known
    await _check_targets(personnel_number, rule, context)
    associates = await _sharers(personnel_number, rule, context)
    cards = await _book(personnel_number, context)
    moves = shared_out(cards, rule, associates)
    plan = _plan("Handover", personnel_number, moves, context)
    plan = evolve(plan, rule=rule, left=len(cards) - len(moves))
    return await make_plan(plan, moves, context=context)


async def _move_all(
    personnel_number: str, keys: Sequence[str], to: str, context: Context
) -> list[ClientResult]:
    async def move(key: str, _: str) -> Done:
        await move_client(personnel_number, key, to, context=context)
        return "Moved"

    return await side_by_side(keys, move, context=context)


async def _check_all(personnel_number: str, keys: Sequence[str], context: Context) -> None:
    """Raise ReassignmentRefused, with nothing changed, if one of them is not in the book."""

    async def look(key: str, _: str) -> Done:
        found: tuple[Membership, str | None] = await read_membership(key, context)
        found[0].must_be_of(personnel_number)
        return "AlreadyThere"

    results = await side_by_side(keys, look, context=context)
    if any(one.status == "Refused" for one in results):
        raise _refused(results)


def _refused(results: Sequence[ClientResult]) -> ReassignmentRefused:
    refused = [
        one.model_dump(mode="json", by_alias=True) for one in results if one.status == "Refused"
    ]
    return ReassignmentRefused("Nothing was moved; some of them cannot be.", results=refused)


async def _as_plan(
    personnel_number: str, keys: Sequence[str], asked: Reassignment, context: Context
) -> tuple[Plan, str]:
    # What names nobody is refused when its turn comes.
    moves = [Move(customer_id=key, name="", to=asked.to) for key in keys]
    plan = _plan("Reassignment", personnel_number, moves, context)
    plan = evolve(plan, status="Executing", all_or_nothing=asked.all_or_nothing)
    return await make_plan(plan, moves, context=context)


def _plan(kind: PlanKind, personnel_number: str, moves: Sequence[Move], context: Context) -> Plan:
    return Plan(
        id=context.new_id(),
        legal_entity=context.legal_entity,
        kind=kind,
        personnel_number=personnel_number,
        batch=uuid4().hex,
        total=len(moves),
        targets=dict(Counter(one.to for one in moves)),
        chunks=-(-len(moves) // MOVES_IN_CHUNK),
        created_at=context.now,
        created_by=context.actor,
    )


async def _book(personnel_number: str, context: Context) -> Cards:
    """Return all cards of the book, by customer. A query for each 500."""
    asked = Asked((personnel_number,), (), CardSort(), context.now.date())
    return [card async for card in every_card(asked, personnel_number, context)]


async def _check_targets(personnel_number: str, rule: NewHandoverPlan, context: Context) -> None:
    named = [("/to", rule.to)] if rule.to else []
    named += [(f"/targets/{value}", target) for value, target in rule.targets.items()]
    for pointer, target in named:
        if target == personnel_number:
            raise Invalid.at(pointer, "same-associate", "They are her clients already.")
        await receiving_book(target or "", pointer, context)


async def _sharers(personnel_number: str, rule: NewHandoverPlan, context: Context) -> list[str]:
    if rule.rule != "Evenly" or rule.store_number is None:
        return []
    store = await context.configuration.require(
        context.legal_entity, col.STORES, rule.store_number, "/storeNumber"
    )
    workers = await associates_of(store, context)
    others = [
        one.personnel_number
        for one in workers
        if one.active and one.personnel_number != personnel_number
    ]
    if not others:
        raise NobodyToHandTo(f"Nobody else works in the store {store.store_number}.")
    return others
