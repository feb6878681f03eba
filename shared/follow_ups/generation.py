"""Going round the books of a company, and making the follow-ups that its rules ask for."""

import asyncio
from datetime import UTC
from zoneinfo import ZoneInfo

from shared.clienteling.card_projection import BOOKS
from shared.clienteling.client_books import EVERY_BOOK
from shared.clienteling.domain.client_books import FEATURE
from shared.clienteling.memberships import read_membership
from shared.configuration.settings import all_settings
from shared.configuration.workers import find_worker, first_store
from shared.context import Context
from shared.core.errors import AlreadyExists
from shared.follow_ups.documents import create_follow_up, document_id, find_follow_up
from shared.follow_ups.domain.follow_ups import FollowUp
from shared.follow_ups.domain.rules import FollowUpRule
from shared.follow_ups.moves import follow_if_changed
from shared.follow_ups.occasions import Occasion, occasions
from shared.follow_ups.rule_settings import FOLLOW_UP_RULES
from shared.ports.documents import In, Put, Range, Remove

ROUND = "follow-up-round"  # where the last one stopped, beside the settings
MOST_BOOKS = 500  # of one company in one round; the next one goes on
PAGE = 100


async def make_follow_ups(*, context: Context, most: int = MOST_BOOKS) -> int:
    """Make what the rules ask for now, each once however often it is asked; return how many.

    A round notes each book before it begins with it. One that is cut short, or that a book has
    ended, is gone on with behind that book, so no book keeps the others waiting for ever.
    """
    features = await context.configuration.features(context.legal_entity)
    rules = await _active_rules(context) if features.get(FEATURE) else []
    if not rules:
        return 0
    books = await _books_behind(await _mark(context), most + 1, context)
    made = 0
    for personnel_number in books[:most]:
        await _set_mark(Put({"id": ROUND, "after": personnel_number}), context)
        made += await _make_in_book(personnel_number, rules, context)
    if len(books) <= most:
        await _set_mark(Remove(ROUND), context)
    return made


async def _active_rules(context: Context) -> list[FollowUpRule]:
    rules = await all_settings(FOLLOW_UP_RULES, context=context)
    return [rule for rule in rules if rule.active]


async def _books_behind(after: str, most: int, context: Context) -> list[str]:
    """Return the next personnel numbers of who has a book."""
    found: list[str] = []
    place, continuation = context.partition(EVERY_BOOK), None
    while True:
        page = await context.documents.query(
            "settings",
            place,
            Range("id", start=after + "\x00"),
            limit=most - len(found),
            continuation=continuation,
        )
        found += [one.id for one in page.documents]
        continuation = page.continuation
        if continuation is None or len(found) >= most:
            return found


async def _mark(context: Context) -> str:
    document = await context.documents.read("settings", context.partition(ROUND), ROUND)
    return document.body["after"] if document else ""


async def _set_mark(write: Put | Remove, context: Context) -> None:
    await context.documents.commit("settings", context.partition(ROUND), [write])


async def _make_in_book(personnel_number: str, rules: list[FollowUpRule], context: Context) -> int:
    worker = await find_worker(personnel_number, context)
    if worker and not worker.active:
        return 0
    store = worker and await first_store(worker, context)
    today = context.now.astimezone(ZoneInfo(store.time_zone) if store else UTC).date()
    made = 0
    for rule in rules:
        async for page in occasions(rule, personnel_number, today, context=context):
            for one in await _new(page, personnel_number, context):
                made += await _make(one, rule, personnel_number, context)
    return made


async def _new(page: list[Occasion], personnel_number: str, context: Context) -> list[Occasion]:
    """Return those that the book has no follow-up for. One query a page."""
    known: set[str] = set()
    continuation: str | None = None
    while page:
        found = await context.documents.query(
            BOOKS,
            context.partition(personnel_number),
            In("id", tuple(document_id(one.id) for one in page)),
            limit=len(page),
            continuation=continuation,
        )
        known |= {one.id for one in found.documents}
        continuation = found.continuation
        if continuation is None:
            break
    return [one for one in page if document_id(one.id) not in known]


async def _make(
    occasion: Occasion, rule: FollowUpRule, personnel_number: str, context: Context
) -> bool:
    """Make it, unless the client has left, or who had her before has had it; tell whether."""
    membership, _ = await read_membership(occasion.customer_id, context)
    if not membership.of(personnel_number):
        return False
    if await _had_before(occasion, membership.left, context):
        return False
    follow_up = FollowUp(
        id=occasion.id,
        customer_id=occasion.customer_id,
        customer_name=occasion.customer_name,
        personnel_number=personnel_number,
        subject=occasion.subject,
        due_on=occasion.due_on,
        rule=rule.name,
        created_at=context.now,
        created_by=context.actor,
        membership_version=membership.version,
    )
    try:
        await create_follow_up(follow_up, context)
    except AlreadyExists:
        return False
    await follow_if_changed(occasion.customer_id, membership.version, context=context)
    return True


async def _had_before(occasion: Occasion, left: tuple[str, ...], context: Context) -> bool:
    """Tell it; what is open there comes here with the client, what was canceled does not count."""
    found = await asyncio.gather(*(find_follow_up(one, occasion.id, context) for one in left))
    return any(one is not None and one.status != "Canceled" for one in found)
