"""The timeline of a customer: activities, notes, consents and book moves, newest first."""

import asyncio
from collections.abc import Sequence
from typing import Literal, NamedTuple

from pydantic import Field

from shared.clienteling.domain.book_moves import BookMove
from shared.clienteling.memberships import BOOK_MOVE, book_move_of
from shared.consent.consents import CONSENT, consent_of
from shared.consent.domain.consents import Consent
from shared.context import Context
from shared.core.evolve import evolve
from shared.core.values import Record
from shared.customers.customers import read_customer
from shared.ports.documents import Document
from shared.timeline.activities import localized
from shared.timeline.documents import ACTIVITY, NOTE, activity_of, note_of, query_entries
from shared.timeline.domain.activities import ActivityView
from shared.timeline.domain.notes import Note

Kind = Literal["activity", "note", "consent", "bookMove"]
# The type of document of each kind of entry.
TYPES: dict[Kind, str] = {
    "activity": ACTIVITY,
    "note": NOTE,
    "consent": CONSENT,
    "bookMove": BOOK_MOVE,
}
KINDS: dict[str, Kind] = {document_type: kind for kind, document_type in TYPES.items()}


class TimelineEntry(Record):
    """One entry of the timeline; its content is in the field that its type names."""

    id: str = Field(
        description="Id of the entry", examples=["note:0a4c7e52-6a50-5f0e-8f1c-2f4b7c1d9e33"]
    )
    type: Kind = Field(description="What kind of entry it is")
    at: str = Field(description="When it happened", examples=["2026-11-24T09:30:00Z"])
    activity: ActivityView | None = Field(None, description="The activity")
    note: Note | None = Field(None, description="The note")
    consent: Consent | None = Field(None, description="The decision of the customer")
    book_move: BookMove | None = Field(None, description="The move between client books")


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

    activities: Sequence["ListedActivity"]
    continuation: str | None


class ListedActivity(ActivityView):
    """An activity in a list, with its version."""

    etag: str = Field(description="Version of the activity", examples=["0f1e2d3c"])


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
    _, page = await asyncio.gather(
        read_customer(key, context=context),
        query_entries(key, types, limit=limit, continuation=continuation, context=context),
    )
    entries = [await _entry(document, query.tags, context) for document in page.documents]
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


async def _entry(document: Document, tags: Sequence[str], context: Context) -> TimelineEntry:
    kind = KINDS[document.body["type"]]
    entry = TimelineEntry(id=document.id, type=kind, at=document.body["at"])
    match kind:
        case "activity":
            activity = await localized(activity_of(document).value, tags, context)
            return evolve(entry, activity=activity)
        case "note":
            return evolve(entry, note=note_of(document).value)
        case "consent":
            return evolve(entry, consent=consent_of(document))
        case "bookMove":
            return evolve(entry, book_move=book_move_of(document))
