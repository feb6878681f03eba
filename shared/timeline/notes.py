"""What can be asked of notes."""

from collections.abc import Hashable
from typing import Any

from shared.configuration.domain import collections as col
from shared.configuration.workers import find_worker
from shared.context import Context
from shared.core.errors import AlreadyExists
from shared.core.evolve import evolve
from shared.core.retry import check_version, write
from shared.customers.customers import read_active_customer, read_customer
from shared.customers.timeline_entries import entry_id
from shared.ports.documents import Create, Document, Equal, Operation, Order, Remove, Replace
from shared.timeline.documents import NOTE, note_document
from shared.timeline.domain.notes import (
    NewNote,
    Note,
    NoteEdit,
    NoteNotFound,
    check_author,
    make_note,
)

NEWEST_FIRST = Order(("type", "at"), descending=True)
Position = dict[str, Any]


async def add_note(
    key: str, new: NewNote, *, author: str | None, store: str | None, context: Context
) -> Note:
    """Keep a note; the same request twice keeps one. Raises CustomerNotFound, CustomerInactive."""
    await read_active_customer(key, context=context)
    note = make_note(new, context.new_id(), author=author, at=context.now, by=context.actor)
    note = evolve(note, store_number=store)
    place = context.partition(key)
    try:
        [etag] = await context.documents.commit("customers", place, [Create(note_document(note))])
    except AlreadyExists:
        return await read_note(key, note.id, context=context)
    return evolve(note, etag=etag)


def create_note(note: Note) -> Operation:
    """Return what writes a new note."""
    return Create(note_document(note))


async def read_note(key: str, note_id: str, *, context: Context) -> Note:
    """Return the note. Raises NoteNotFound. One point read."""
    return note_of(await _document(key, note_id, context))


async def list_notes(
    key: str, *, limit: int, position: Position | None, context: Context
) -> tuple[list[Note], Position | None]:
    """Return pinned notes first, then the others, newest first. One or two queries.

    Raises CustomerNotFound.
    """
    found: list[Note] = []
    pinned, continuation = (position["pinned"], position["after"]) if position else (True, None)
    while True:
        page = await context.documents.query(
            "customers",
            context.partition(key),
            Equal("type", NOTE),
            Equal("pinned", pinned),
            order=NEWEST_FIRST,
            limit=limit - len(found),
            continuation=continuation,
        )
        found += [note_of(one) for one in page.documents]
        if page.continuation is not None:
            return found, {"pinned": pinned, "after": page.continuation}
        if not pinned:
            if not found and position is None:
                await read_customer(key, context=context)
            return found, None
        pinned, continuation = False, None
        if len(found) == limit:
            return found, {"pinned": False, "after": None}


async def own_note(
    key: str, note_id: str, personnel_number: str | None, *, context: Context
) -> Note:
    """Return a note that the associate may change. Raises NoteNotFound, NotYourNote."""
    note = await read_note(key, note_id, context=context)
    check_author(note, personnel_number, manager=await _manages(personnel_number, context))
    return note


async def edit_note(
    key: str, read: Note, edit: NoteEdit, *, if_match: str, context: Context
) -> Note:
    """Apply the merge patch. Raises Stale, Invalid."""
    check_version(read.etag, if_match)
    current = [read]

    async def attempt() -> Note:
        stored = current.pop() if current else await read_note(key, read.id, context=context)
        note = stored.edited(edit, context.actor, context.now)
        replacement = Replace(note_document(note), stored.etag)
        partition = context.partition(key)
        [etag] = await context.documents.commit("customers", partition, [replacement])
        return evolve(note, etag=etag)

    return await write(attempt, if_match=if_match, turn=_turn(key, read.id, context))


async def remove_note(key: str, read: Note, *, if_match: str, context: Context) -> None:
    """Remove the note. Raises Stale."""
    check_version(read.etag, if_match)
    current = [read]

    async def attempt() -> None:
        note = current.pop() if current else await read_note(key, read.id, context=context)
        # Replacing it first holds the removal to the version that was read.
        both: list[Operation] = [
            Replace(note_document(note), note.etag),
            Remove(entry_id(NOTE, note.id)),
        ]
        await context.documents.commit("customers", context.partition(key), both)

    await write(attempt, if_match=if_match, turn=_turn(key, read.id, context))


def _turn(key: str, note_id: str, context: Context) -> Hashable:
    return (NOTE, context.legal_entity, key, note_id)


async def _manages(personnel_number: str | None, context: Context) -> bool:
    worker = personnel_number and await find_worker(personnel_number, context)
    if not worker or not worker.permission_group:
        return False
    group = await context.configuration.find(
        context.legal_entity, col.PERMISSION_GROUPS, worker.permission_group
    )
    return bool(group and group.manager)


async def _document(key: str, note_id: str, context: Context) -> Document:
    document = await context.documents.read(
        "customers", context.partition(key), entry_id(NOTE, note_id)
    )
    if document is None:
        raise NoteNotFound(f"There is no note {note_id}.")
    return document


def note_of(document: Document) -> Note:
    note = Note.model_validate(document.body | {"id": document.body["noteId"]})
    return evolve(note, etag=document.etag)
