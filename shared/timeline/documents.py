"""Notes and activities as entries of the timeline: the only place that knows how they are stored.

Every entry, also those of other capabilities, lies in the partition of its customer.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from shared.context import Context
from shared.core.upgrades import Upgrade, upgrade
from shared.core.values import as_text
from shared.core.versioned import Versioned
from shared.customers.timeline_entries import entry_id, timeline_entry
from shared.ports.documents import (
    Condition,
    Create,
    Document,
    Equal,
    In,
    Operation,
    Order,
    Page,
    Put,
    Range,
    Remove,
    Replace,
)
from shared.timeline.domain.activities import Activity, ActivityNotFound
from shared.timeline.domain.notes import Note, NoteNotFound

CONTAINER: Final = "customers"
NOTE: Final = "note"
ACTIVITY: Final = "activity"
SCHEMA_VERSION: Final = 2
COMPUTED: Final = frozenset({"label", "icon"})
NEWEST_OF_TYPE_FIRST: Final = Order(("type", "at"), descending=True)
NEWEST_FIRST: Final = Order(("timeline", "at"), descending=True)


def _without_words_of_the_type(body: Mapping[str, Any]) -> dict[str, Any]:
    """Version 1 stored fields of activities that are computed when they are answered."""
    if body.get("type") != ACTIVITY:
        return dict(body)
    return {name: value for name, value in body.items() if name not in COMPUTED}


UPGRADES: Mapping[int, Upgrade] = {1: _without_words_of_the_type}


class NotePosition(NamedTuple):
    """Where a page of notes begins: among the pinned ones or the others, and after which page."""

    pinned: bool = True
    after: str | None = None


class NotePage(NamedTuple):
    """`continuation` is None on the last page of the pinned ones, or of the others."""

    notes: Sequence[Versioned[Note]]
    continuation: str | None


async def load_note(key: str, note_id: str, context: Context) -> Versioned[Note]:
    """Return the note. One point read. Raises NoteNotFound."""
    document = await _find(key, entry_id(NOTE, note_id), context)
    if document is None:
        raise NoteNotFound(f"There is no note {note_id}.")
    return note_of(document)


async def query_notes(
    key: str, position: NotePosition, *, limit: int, context: Context
) -> NotePage:
    """Return the next notes that are pinned, or that are not, newest first. One query."""
    page = await context.documents.query(
        CONTAINER,
        context.partition(key),
        Equal("type", NOTE),
        Equal("pinned", position.pinned),
        order=NEWEST_OF_TYPE_FIRST,
        limit=limit,
        continuation=position.after,
    )
    return NotePage([note_of(document) for document in page.documents], page.continuation)


def create_note(note: Note) -> Operation:
    """Return what writes a new note."""
    return Create(_note_document(note))


async def commit_new_note(key: str, note: Note, context: Context) -> Versioned[Note]:
    """Write a new note. Raises AlreadyExists."""
    return await _commit_note(key, note, [create_note(note)], context)


async def commit_note(key: str, note: Note, etag: str, context: Context) -> Versioned[Note]:
    """Write over exactly the version that was read. Raises Stale."""
    return await _commit_note(key, note, [Replace(_note_document(note), etag)], context)


async def commit_note_removal(key: str, note: Versioned[Note], context: Context) -> None:
    """Remove exactly the version that was read. Raises Stale."""
    # Replacing it first binds the removal to that version.
    operations: list[Operation] = [
        Replace(_note_document(note.value), note.etag),
        Remove(entry_id(NOTE, note.value.id)),
    ]
    await context.documents.commit(CONTAINER, context.partition(key), operations)


async def load_activity(key: str, activity_id: str, context: Context) -> Versioned[Activity]:
    """Return the activity. One point read. Raises ActivityNotFound."""
    activity = await find_activity(key, activity_id, context)
    if activity is None:
        raise ActivityNotFound(f"There is no activity {activity_id}.")
    return activity


async def find_activity(key: str, activity_id: str, context: Context) -> Versioned[Activity] | None:
    """Return the activity, or None. One point read."""
    document = await _find(key, entry_id(ACTIVITY, activity_id), context)
    return activity_of(document) if document else None


async def newest_activity(key: str, before: str, context: Context) -> Activity | None:
    """Return the newest activity that occurred before the moment. One query."""
    documents = context.documents.all(
        CONTAINER,
        context.partition(key),
        Equal("type", ACTIVITY),
        Range("at", end=before),
        order=NEWEST_OF_TYPE_FIRST,
        page_size=1,
    )
    async for document in documents:
        return activity_of(document).value
    return None


async def has_activity_of(key: str, activity_type: str, context: Context) -> bool:
    """Return whether there is an activity of the type, as the last writer left it. One query."""
    page = await context.documents.query(
        CONTAINER,
        context.partition(key),
        Equal("type", ACTIVITY),
        Equal("activityType", activity_type),
        limit=1,
        newest=True,
    )
    return bool(page.documents)


def put_activity(activity: Activity) -> Operation:
    """Return what writes the activity, whether or not it was written before."""
    entry = timeline_entry(ACTIVITY, activity.id, as_text(activity.occurred_at), activity)
    return Put(entry | {"activityId": activity.id, "schemaVersion": SCHEMA_VERSION})


async def query_entries(
    key: str, types: Sequence[str], *, limit: int, continuation: str | None, context: Context
) -> Page:
    """Return the next entries of these types of document, newest first; of none, all. One query."""
    single = len(types) == 1
    conditions: list[Condition] = [Equal("type", types[0]) if single else Equal("timeline", True)]
    if types and not single:
        conditions.append(In("type", tuple(types)))
    return await context.documents.query(
        CONTAINER,
        context.partition(key),
        *conditions,
        order=NEWEST_OF_TYPE_FIRST if single else NEWEST_FIRST,
        limit=limit,
        continuation=continuation,
    )


def note_of(document: Document) -> Versioned[Note]:
    body = _newest(document)
    return Versioned(Note.model_validate(body | {"id": body["noteId"]}), document.etag)


def activity_of(document: Document) -> Versioned[Activity]:
    body = _newest(document)
    return Versioned(Activity.model_validate(body | {"id": body["activityId"]}), document.etag)


async def _commit_note(
    key: str, note: Note, operations: Sequence[Operation], context: Context
) -> Versioned[Note]:
    [etag] = await context.documents.commit(CONTAINER, context.partition(key), operations)
    return Versioned(note, etag)


async def _find(key: str, document_id: str, context: Context) -> Document | None:
    return await context.documents.read(CONTAINER, context.partition(key), document_id)


def _note_document(note: Note) -> dict[str, Any]:
    entry = timeline_entry(NOTE, note.id, as_text(note.created_at), note)
    return entry | {"noteId": note.id, "schemaVersion": SCHEMA_VERSION}


def _newest(document: Document) -> dict[str, Any]:
    return upgrade(document.body, UPGRADES, SCHEMA_VERSION)
