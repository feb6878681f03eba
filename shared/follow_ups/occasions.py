"""Which clients of a book a rule concerns today, found by queries inside that book."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from shared.clienteling.card_projection import BOOKS
from shared.clienteling.domain.cards import CARD, encoded
from shared.clienteling.domain.near_dates import days_within
from shared.context import Context
from shared.core.values import as_text
from shared.follow_ups.domain.rules import FollowUpRule, coming, follow_up_id
from shared.ports.documents import Condition, Equal, In, Range
from shared.timeline.activities import newest_activity

PAGE = 100
ACTIVE = "0"  # the sort key of a client without any activity sorts before it
Card = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why there is to be a follow-up for a client. `id` is that of the follow-up."""

    id: str
    customer_id: str
    customer_name: str
    subject: str
    due_on: date


async def occasions(
    rule: FollowUpRule, personnel_number: str, today: date, *, context: Context
) -> AsyncIterator[list[Occasion]]:
    """Yield the occasions of one rule in one book, page by page."""
    for conditions in _conditions(rule, today, context):
        continuation: str | None = None
        while True:
            page = await context.documents.query(
                BOOKS,
                context.partition(personnel_number),
                Equal("type", CARD),
                *conditions,
                limit=PAGE,
                continuation=continuation,
            )
            cards = [one.body for one in page.documents]
            found = await asyncio.gather(*(_occasion(rule, one, today, context) for one in cards))
            yield [one for one in found if one]
            continuation = page.continuation
            if continuation is None:
                break


def _conditions(rule: FollowUpRule, today: date, context: Context) -> Sequence[Sequence[Condition]]:
    """Return what the queries ask for: one, or two where there was an activity or none."""
    if rule.kind == "BeforeDate":
        path = f"days.{encoded(rule.attribute or '')}"
        return [[In(path, days_within(today, rule.days))]]
    long_ago = _long_ago(rule, context)
    active = [Range("sort.lastActivityAt", start=ACTIVE, end=long_ago)]
    if rule.kind == "AfterActivity":
        return [active]
    never = Range("sort.lastActivityAt", end=ACTIVE)
    return [active, [never, Range("sort.addedAt", end=long_ago)]]


def _long_ago(rule: FollowUpRule, context: Context) -> str:
    return as_text(context.now - timedelta(days=rule.days))


async def _occasion(
    rule: FollowUpRule, card: Card, today: date, context: Context
) -> Occasion | None:
    """Return it with the words and the day, unless a closer look says that there is none."""
    due_on, token = today, card["lastActivityAt"] or card["addedAt"]
    if rule.kind == "BeforeDate":
        anniversary = coming(rule, card, today)
        if anniversary is None:
            return None
        due_on, token = anniversary, anniversary.isoformat()
    elif rule.kind == "AfterActivity":
        token = await _last_of_its_type(rule, card, context)
        if token is None:
            return None
    key = card["customerId"]
    subject = rule.subject_for(card["name"])
    return Occasion(follow_up_id(rule, key, token), key, card["name"], subject, due_on)


async def _last_of_its_type(rule: FollowUpRule, card: Card, context: Context) -> str | None:
    """Return the id of the client's newest activity, if it is the one the rule waits after."""
    newest = await newest_activity(card["customerId"], context=context)
    if newest is None or newest.activity_type != rule.activity_type:
        return None
    return newest.id if as_text(newest.occurred_at) < _long_ago(rule, context) else None
