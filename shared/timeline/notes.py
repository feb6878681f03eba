"""The notes about a customer: read, added, changed and removed."""

from collections.abc import Sequence
from typing import NamedTuple

from shared.clienteling.access import Visitor
from shared.configuration.domain import collections as col
from shared.configuration.workers import find_worker
from shared.context import Context
from shared.core.errors import AlreadyExists
from shared.core.evolve import evolve
from shared.core.retry import check_version, write
from shared.core.versioned import Versioned
from shared.customers.customers import read_active_customer, read_customer
from shared.ports.documents import Operation
from shared.timeline import documents
from shared.timeline.documents import NotePosition
from shared.timeline.domain.notes import NewNote, Note, NoteEdit, check_author, make_note


class NotesPage(NamedTuple):
    """`position` is where the next page begins, None on the last one."""

    notes: Sequence[Versioned[Note]]
    position: NotePosition | None


async def add_note(
    key: str, new: NewNote, *, author: str | None, store: str | None, context: Context
) -> Versioned[Note]:
    """Add a note; the same request twice adds one. Raises CustomerNotFound, CustomerInactive."""
    await read_active_customer(key, context=context)
    note = make_note(new, context.new_id(), author=author, at=context.now, by=context.actor)
    note = evolve(note, store_number=store)
    try:
        return await documents.commit_new_note(key, note, context)
    except AlreadyExists:
        return await read_note(key, note.id, context=context)


def create_note(note: Note) -> Operation:
    """Return what writes a new note."""
    return documents.create_note(note)


async def read_note(key: str, note_id: str, *, context: Context) -> Versioned[Note]:
    """Return the note. Raises NoteNotFound. One point read."""
    return await documents.load_note(key, note_id, context)


async def list_notes(
    key: str, *, limit: int, position: NotePosition | None, context: Context
) -> NotesPage:
    """Return pinned notes first, then the others, newest first. One or two queries.

    Raises CustomerNotFound.
    """
    notes: list[Versioned[Note]] = []
    current = position or NotePosition()
    while True:
        page = await documents.query_notes(key, current, limit=limit - len(notes), context=context)
        notes += page.notes
        if page.continuation is not None:
            return NotesPage(notes, NotePosition(current.pinned, page.continuation))
        if not current.pinned:
            if not notes and position is None:
                await read_customer(key, context=context)
            return NotesPage(notes, None)
        current = NotePosition(pinned=False)
        if len(notes) == limit:
            return NotesPage(notes, current)


async def own_note(key: str, note_id: str, visitor: Visitor, context: Context) -> Versioned[Note]:
    """Return a note that the visitor may change.

    Raises CustomerRestricted, CustomerErased, NoteNotFound, NotYourNote.
    """
    (await read_customer(key, context=context)).value.check_open()
    note = await read_note(key, note_id, context=context)
    author = visitor.personnel_number
    check_author(note.value, author, manager=await _manages(author, context))
    return note


async def edit_note(
    key: str, note: Versioned[Note], edit: NoteEdit, *, if_match: str, context: Context
) -> Versioned[Note]:
    """Apply the merge patch to the note that was read. Raises NoteNotFound, Stale, Invalid."""
    check_version(note.etag, if_match)
    note_id, current = note.value.id, [note]

    async def attempt() -> Versioned[Note]:
        stored = current.pop() if current else await read_note(key, note_id, context=context)
        edited = stored.value.edited(edit, context.actor, context.now)
        return await documents.commit_note(key, edited, stored.etag, context)

    return await write(attempt, if_match=if_match, turn=context.turn("note", key, note_id))


async def remove_note(key: str, note: Versioned[Note], *, if_match: str, context: Context) -> None:
    """Remove the note that was read. Raises NoteNotFound, Stale."""
    check_version(note.etag, if_match)
    note_id, current = note.value.id, [note]

    async def attempt() -> None:
        stored = current.pop() if current else await read_note(key, note_id, context=context)
        await documents.commit_note_removal(key, stored, context)

    await write(attempt, if_match=if_match, turn=context.turn("note", key, note_id))


async def _manages(personnel_number: str | None, context: Context) -> bool:
    worker = personnel_number and await find_worker(personnel_number, context)
    if not worker or not worker.permission_group:
        return False
    group = await context.configuration.find(
        context.legal_entity, col.PERMISSION_GROUPS, worker.permission_group
    )
    return bool(group and group.manager)
