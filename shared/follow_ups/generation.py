"""Creating the follow-ups that the rules of a company ask for, book by book."""

import asyncio
from datetime import UTC
from zoneinfo import ZoneInfo

from shared.clienteling.client_books import book_owners_after
from shared.clienteling.domain.client_books import FEATURE
from shared.clienteling.memberships import read_membership
from shared.configuration.workers import find_worker, first_store
from shared.context import Context
from shared.core.errors import AlreadyExists
from shared.follow_ups import documents
from shared.follow_ups.domain.follow_ups import FollowUp
from shared.follow_ups.domain.rules import FollowUpRule
from shared.follow_ups.moves import follow_if_changed
from shared.follow_ups.occasions import Occasion, occasions
from shared.follow_ups.rule_settings import active_rules

MAX_BOOKS = 500  # of one company in one round; the next one goes on


async def generate_follow_ups(*, context: Context, max_books: int = MAX_BOOKS) -> int:
    """Create what the rules ask for now, and return how many; idempotent.

    A round notes each book before it begins with it. A round that was cut short, also by an error
    in a book, is continued after that book, so no book keeps the others waiting.
    """
    features = await context.configuration.features(context.legal_entity)
    rules = await active_rules(context) if features.get(FEATURE) else []
    if not rules:
        return 0
    last_book = await documents.load_round(context)
    owners = await book_owners_after(last_book, limit=max_books + 1, context=context)
    created = 0
    for personnel_number in owners[:max_books]:
        await documents.mark_round(personnel_number, context)
        created += await _generate_in_book(personnel_number, rules, context)
    if len(owners) <= max_books:
        await documents.end_round(context)
    return created


async def _generate_in_book(
    personnel_number: str, rules: list[FollowUpRule], context: Context
) -> int:
    worker = await find_worker(personnel_number, context)
    if worker and not worker.active:
        return 0
    store = worker and await first_store(worker, context)
    today = context.now.astimezone(ZoneInfo(store.time_zone) if store else UTC).date()
    created = 0
    for rule in rules:
        async for page in occasions(rule, personnel_number, today, context=context):
            for occasion in await _new(page, personnel_number, context):
                created += await _create(occasion, rule, personnel_number, context)
    return created


async def _new(page: list[Occasion], personnel_number: str, context: Context) -> list[Occasion]:
    """Return those that the book has no follow-up for. One query."""
    ids = [occasion.id for occasion in page]
    existing = await documents.existing_ids(personnel_number, ids, context)
    return [occasion for occasion in page if occasion.id not in existing]


async def _create(
    occasion: Occasion, rule: FollowUpRule, personnel_number: str, context: Context
) -> bool:
    """Create the follow-up, and return whether that was needed.

    It is not for a client who has left the book, or for whom a former associate had it already.
    """
    membership = await read_membership(occasion.customer_id, context)
    if not membership.of(personnel_number):
        return False
    if await _existed_before(occasion, membership.left, context):
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
        await documents.create_follow_up(follow_up, context)
    except AlreadyExists:
        return False
    await follow_if_changed(occasion.customer_id, membership.version, context=context)
    return True


async def _existed_before(occasion: Occasion, former: tuple[str, ...], context: Context) -> bool:
    """Return whether a former associate has or had it; an open one comes here with the client.

    One that was canceled does not count.
    """
    stored = await asyncio.gather(
        *(documents.find_follow_up(associate, occasion.id, context) for associate in former)
    )
    return any(each is not None and each.value.status != "Canceled" for each in stored)
