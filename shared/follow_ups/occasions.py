"""Which clients of a book a rule concerns today, found by queries inside that book."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shared.clienteling.cards.selection import (
    Client,
    Pages,
    clients_last_active_before,
    clients_never_active,
    clients_with_date_near,
    date_of,
)
from shared.context import Context
from shared.follow_ups.domain.rules import FollowUpRule, coming_anniversary, follow_up_id
from shared.timeline.activities import newest_activity


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
    for pages in _clients(rule, personnel_number, today, context):
        async for clients in pages:
            page = await asyncio.gather(
                *(_occasion(rule, client, today, context) for client in clients)
            )
            yield [occasion for occasion in page if occasion]


def _clients(
    rule: FollowUpRule, personnel_number: str, today: date, context: Context
) -> Sequence[Pages]:
    """Return the clients that the rule may concern, by one query or two."""
    if rule.kind == "BeforeDate":
        attribute = rule.attribute or ""
        near = clients_with_date_near(
            personnel_number, attribute, today=today, days=rule.days, context=context
        )
        return [near]
    moment = _latest_moment(rule, context)
    active = clients_last_active_before(personnel_number, moment, context=context)
    if rule.kind == "AfterActivity":
        return [active]
    return [active, clients_never_active(personnel_number, moment, context=context)]


def _latest_moment(rule: FollowUpRule, context: Context) -> datetime:
    return context.now - timedelta(days=rule.days)


async def _occasion(
    rule: FollowUpRule, client: Client, today: date, context: Context
) -> Occasion | None:
    """Return the occasion, or None where a closer look finds none."""
    due_on, token = today, client["lastActivityAt"] or client["addedAt"]
    if rule.kind == "BeforeDate":
        anniversary = coming_anniversary(date_of(client, rule.attribute or ""), today)
        if anniversary is None:
            return None
        due_on, token = anniversary, anniversary.isoformat()
    elif rule.kind == "AfterActivity":
        activity_id = await _latest_of_type(rule, client, context)
        if activity_id is None:
            return None
        token = activity_id
    key, name = client["customerId"], client["name"]
    return Occasion(follow_up_id(rule, key, token), key, name, rule.subject_for(name), due_on)


async def _latest_of_type(rule: FollowUpRule, client: Client, context: Context) -> str | None:
    """Return the id of the client's newest activity, if it is one that the rule waits after."""
    newest = await newest_activity(client["customerId"], context=context)
    if newest is None or newest.activity_type != rule.activity_type:
        return None
    return newest.id if newest.occurred_at < _latest_moment(rule, context) else None
