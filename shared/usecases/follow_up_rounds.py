"""Going round the books of a company, and making the follow-ups that its rules ask for."""

import asyncio
from datetime import UTC
from zoneinfo import ZoneInfo

from shared.domain import collections as col
from shared.domain.client_books import FEATURE
from shared.domain.follow_up_rules import FollowUpRule
from shared.domain.follow_ups import FollowUp
from shared.errors import AlreadyExists
from shared.ports import In, Put, Range, Remove
from shared.usecases.associates import find_worker, first_store
from shared.usecases.cards import BOOKS
from shared.usecases.client_books import EVERY_BOOK
from shared.usecases.configuration import own_fields
from shared.usecases.errand import Errand
from shared.usecases.follow_up_moves import follow_if_changed
from shared.usecases.follow_up_occasions import Occasion, occasions
from shared.usecases.follow_up_records import create_follow_up, document_id, find_follow_up
from shared.usecases.memberships import read_membership

ROUND = "follow-up-round"  # where the last one stopped, beside the settings
MOST_BOOKS = 500  # of one company in one round; the next one goes on
PAGE = 100


async def make_follow_ups(*, errand: Errand, most: int = MOST_BOOKS) -> int:
    """Make what the rules ask for now, each once however often it is asked; return how many.

    A round notes each book before it begins with it. One that is cut short, or that a book has
    ended, is gone on with behind that book, so no book keeps the others waiting for ever.
    """
    features = await errand.configuration.features(errand.legal_entity)
    rules = await _active_rules(errand) if features.get(FEATURE) else []
    if not rules:
        return 0
    books = await _books_behind(await _mark(errand), most + 1, errand)
    made = 0
    for personnel_number in books[:most]:
        await _set_mark(Put({"id": ROUND, "after": personnel_number}), errand)
        made += await _make_in_book(personnel_number, rules, errand)
    if len(books) <= most:
        await _set_mark(Remove(ROUND), errand)
    return made


async def _active_rules(errand: Errand) -> list[FollowUpRule]:
    found: list[FollowUpRule] = []
    place, continuation = errand.place(col.FOLLOW_UP_RULES.name), None
    while True:
        page = await errand.documents.query(
            "settings", place, limit=PAGE, continuation=continuation
        )
        found += [FollowUpRule.model_validate(own_fields(one.body)) for one in page.documents]
        continuation = page.continuation
        if continuation is None:
            return [one for one in found if one.active]


async def _books_behind(after: str, most: int, errand: Errand) -> list[str]:
    """Return the next personnel numbers of who has a book."""
    found: list[str] = []
    place, continuation = errand.place(EVERY_BOOK), None
    while True:
        page = await errand.documents.query(
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


async def _mark(errand: Errand) -> str:
    document = await errand.documents.read("settings", errand.place(ROUND), ROUND)
    return document.body["after"] if document else ""


async def _set_mark(write: Put | Remove, errand: Errand) -> None:
    await errand.documents.commit("settings", errand.place(ROUND), [write])


async def _make_in_book(personnel_number: str, rules: list[FollowUpRule], errand: Errand) -> int:
    worker = await find_worker(personnel_number, errand)
    if worker and not worker.active:
        return 0
    store = worker and await first_store(worker, errand)
    today = errand.now.astimezone(ZoneInfo(store.time_zone) if store else UTC).date()
    made = 0
    for rule in rules:
        async for page in occasions(rule, personnel_number, today, errand=errand):
            for one in await _new(page, personnel_number, errand):
                made += await _make(one, rule, personnel_number, errand)
    return made


async def _new(page: list[Occasion], personnel_number: str, errand: Errand) -> list[Occasion]:
    """Return those that the book has no follow-up for. One query a page."""
    known: set[str] = set()
    continuation: str | None = None
    while page:
        found = await errand.documents.query(
            BOOKS,
            errand.place(personnel_number),
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
    occasion: Occasion, rule: FollowUpRule, personnel_number: str, errand: Errand
) -> bool:
    """Make it, unless the client has left, or who had her before has had it; tell whether."""
    membership, _ = await read_membership(occasion.customer_id, errand)
    if not membership.of(personnel_number):
        return False
    if await _had_before(occasion, membership.left, errand):
        return False
    follow_up = FollowUp(
        id=occasion.id,
        customer_id=occasion.customer_id,
        customer_name=occasion.customer_name,
        personnel_number=personnel_number,
        subject=occasion.subject,
        due_on=occasion.due_on,
        rule=rule.name,
        created_at=errand.now,
        created_by=errand.actor,
        membership_version=membership.version,
    )
    try:
        await create_follow_up(follow_up, errand)
    except AlreadyExists:
        return False
    await follow_if_changed(occasion.customer_id, membership.version, errand=errand)
    return True


async def _had_before(occasion: Occasion, left: tuple[str, ...], errand: Errand) -> bool:
    """Tell it; what is open there comes here with the client, what was canceled does not count."""
    found = await asyncio.gather(*(find_follow_up(one, occasion.id, errand) for one in left))
    return any(one is not None and one.status != "Canceled" for one in found)
