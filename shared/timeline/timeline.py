"""The timeline of a customer: activities, notes, consents and book moves, newest first."""

import asyncio
from collections.abc import Sequence
from typing import Any, Literal

from shared.clienteling.memberships import BOOK_MOVE, BookMove
from shared.consent.domain.consents import Consent
from shared.context import Context
from shared.core.evolve import evolve
from shared.core.values import Record
from shared.customers.customers import read_customer
from shared.ports.documents import Document, Equal, In, Order
from shared.timeline.activities import activity_of, in_words
from shared.timeline.documents import ACTIVITY, NOTE
from shared.timeline.domain.activities import Activity
from shared.timeline.domain.notes import Note
from shared.timeline.notes import note_of

Kind = Literal["activity", "note", "consent", "bookMove"]
CONSENT = "consent"
STORED: dict[Kind, str] = {
    "activity": ACTIVITY,
    "note": NOTE,
    "consent": CONSENT,
    "bookMove": BOOK_MOVE,
}
BY_TYPE = Order(("type", "at"), descending=True)
BY_TIME = Order(("timeline", "at"), descending=True)


class TimelineEntry(Record):
    """One entry; what it is about stands under the name of its type."""

    id: str
    type: Kind
    at: str
    activity: Activity | None = None
    note: Note | None = None
    consent: Consent | None = None
    book_move: BookMove | None = None


Listed = tuple[list[TimelineEntry], str | None]


async def list_timeline(
    key: str,
    kinds: Sequence[Kind],
    *,
    limit: int,
    continuation: str | None,
    context: Context,
) -> Listed:
    """Return what happened, newest first. One point read and one query. Raises CustomerNotFound."""
    types = [STORED[one] for one in kinds]
    single = len(types) == 1
    conditions = [Equal("type", types[0])] if single else [Equal("timeline", True)]
    more = [In("type", tuple(types))] if types and not single else []
    _, page = await asyncio.gather(
        read_customer(key, context=context),
        context.documents.query(
            "customers",
            context.partition(key),
            *conditions,
            *more,
            order=BY_TYPE if single else BY_TIME,
            limit=limit,
            continuation=continuation,
        ),
    )
    return [_entry(one) for one in page.documents], page.continuation


async def worded(
    entries: Sequence[TimelineEntry], tags: Sequence[str], context: Context
) -> list[TimelineEntry]:
    """Return them with the words of activity types in the language of the reader."""
    found = []
    for one in entries:
        activities = await in_words([one.activity] if one.activity else [], tags, context)
        found.append(evolve(one, activity=activities[0] if activities else None))
    return found


def _entry(document: Document) -> TimelineEntry:
    body = document.body
    told: dict[str, Any] = {"id": document.id, "at": body["at"]}
    if body["type"] == ACTIVITY:
        return TimelineEntry(**told, type="activity", activity=activity_of(document))
    if body["type"] == NOTE:
        return TimelineEntry(**told, type="note", note=note_of(document))
    if body["type"] == CONSENT:
        return TimelineEntry(**told, type="consent", consent=Consent.model_validate(body))
    return TimelineEntry(**told, type="bookMove", book_move=BookMove.model_validate(body))
