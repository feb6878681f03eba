"""The timeline of a customer: activities, notes, consents and book moves, newest first."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from shared.clienteling.memberships import BOOK_MOVE, book_move_of
from shared.consent.consents import CONSENT, consent_of
from shared.context import Context
from shared.core.evolve import evolve
from shared.customers.customers import read_customer
from shared.customers.domain.customers import Customer
from shared.ports.documents import Document
from shared.timeline.activities import localized
from shared.timeline.documents import ACTIVITY, NOTE, activity_of, note_of, query_entries
from shared.timeline.views import Kind, ListedActivity, TimelineEntry

# The type of document of each kind of entry.
TYPES: dict[Kind, str] = {
    "activity": ACTIVITY,
    "note": NOTE,
    "consent": CONSENT,
    "bookMove": BOOK_MOVE,
}
KINDS: dict[str, Kind] = {document_type: kind for kind, document_type in TYPES.items()}


class EntryQuery(NamedTuple):
    """Which kinds of entry, all if none is named, for a reader of these languages, best first."""

    kinds: Sequence[Kind]
    tags: Sequence[str]


class TimelinePage(NamedTuple):
    """`continuation` is None on the last page."""

    entries: Sequence[TimelineEntry]
    continuation: str | None


class ActivityPage(NamedTuple):
    """`continuation` is None on the last page."""

    activities: Sequence[ListedActivity]
    continuation: str | None


async def list_timeline(
    key: str,
    query: EntryQuery,
    *,
    limit: int,
    continuation: str | None,
    context: Context,
) -> TimelinePage:
    """Return the next entries, newest first.

    One point read and one query. Raises CustomerNotFound.
    """
    types = [TYPES[kind] for kind in query.kinds]
    customer, page = await asyncio.gather(
        read_customer(key, context=context),
        query_entries(key, types, limit=limit, continuation=continuation, context=context),
    )
    entries = [
        await _entry(document, customer.value, query.tags, context) for document in page.documents
    ]
    return TimelinePage(entries, page.continuation)


async def list_activities(
    key: str,
    tags: Sequence[str],
    *,
    limit: int,
    continuation: str | None,
    context: Context,
) -> ActivityPage:
    """Return the next activities, newest first. Raises CustomerNotFound."""
    _, page = await asyncio.gather(
        read_customer(key, context=context),
        query_entries(key, [ACTIVITY], limit=limit, continuation=continuation, context=context),
    )
    activities = []
    for document in page.documents:
        stored = activity_of(document)
        view = await localized(stored.value, tags, context)
        activities.append(ListedActivity(**view.model_dump(), etag=stored.etag))
    return ActivityPage(activities, page.continuation)


async def _entry(
    document: Document, customer: Customer, tags: Sequence[str], context: Context
) -> TimelineEntry:
    kind = KINDS[document.body["type"]]
    entry = TimelineEntry(id=document.id, type=kind, at=document.body["at"])
    match kind:
        case "activity":
            activity = await localized(activity_of(document).value, tags, context)
            return evolve(entry, activity=activity)
        case "note":
            return evolve(entry, note=note_of(document).value)
        case "consent":
            return evolve(entry, consent=consent_of(document, customer))
        case "bookMove":
            return evolve(entry, book_move=book_move_of(document))
