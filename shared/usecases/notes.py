"""What can be asked of notes."""

from typing import Any

from shared.domain import collections as col
from shared.domain.customers import CustomerInactive
from shared.domain.notes import NewNote, Note, NoteEdit, NoteNotFound, check_author, make_note
from shared.errors import AlreadyExists
from shared.ports import Create, Document, Equal, Operation, Order, Remove, Replace
from shared.usecases.associates import find_worker
from shared.usecases.changes import check_version, persist
from shared.usecases.errand import Errand
from shared.usecases.records import load
from shared.usecases.timeline import NOTE, document_id, note_document

NEWEST_FIRST = Order(("type", "at"), descending=True)
Position = dict[str, Any]


async def add_note(
    key: str, new: NewNote, *, author: str | None, store: str | None, errand: Errand
) -> Note:
    """Keep a note; the same request twice keeps one. Raises CustomerNotFound, CustomerInactive."""
    customer = await load(errand.documents, errand.legal_entity, key)
    if customer.status != "Active":
        raise CustomerInactive(f"The customer is {customer.status.lower()}.")
    note = make_note(new, errand.new_id(), author=author, at=errand.now, by=errand.actor)
    note = note.model_copy(update={"store_number": store})
    place = errand.place(key)
    try:
        [etag] = await errand.documents.commit("customers", place, [Create(note_document(note))])
    except AlreadyExists:
        return await read_note(key, note.id, errand=errand)
    return note.model_copy(update={"etag": etag})


async def read_note(key: str, note_id: str, *, errand: Errand) -> Note:
    """Return the note. Raises NoteNotFound. One point read."""
    return note_of(await _document(key, note_id, errand))


async def list_notes(
    key: str, *, limit: int, position: Position | None, errand: Errand
) -> tuple[list[Note], Position | None]:
    """Return pinned notes first, then the others, newest first. One or two queries.

    Raises CustomerNotFound.
    """
    found: list[Note] = []
    pinned, continuation = (position["pinned"], position["after"]) if position else (True, None)
    while True:
        page = await errand.documents.query(
            "customers",
            errand.place(key),
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
                await load(errand.documents, errand.legal_entity, key)
            return found, None
        pinned, continuation = False, None
        if len(found) == limit:
            return found, {"pinned": False, "after": None}


async def own_note(key: str, note_id: str, personnel_number: str | None, *, errand: Errand) -> Note:
    """Return a note that the associate may change. Raises NoteNotFound, NotYourNote."""
    note = await read_note(key, note_id, errand=errand)
    check_author(note, personnel_number, manager=await _manages(personnel_number, errand))
    return note


async def edit_note(key: str, read: Note, edit: NoteEdit, *, if_match: str, errand: Errand) -> Note:
    """Apply the merge patch. Raises Stale, Invalid."""
    check_version(read.etag, if_match)
    current = [read]

    async def attempt() -> Note:
        found = current.pop() if current else await read_note(key, read.id, errand=errand)
        note = found.edited(edit, errand.actor, errand.now)
        write = Replace(note_document(note), found.etag)
        [etag] = await errand.documents.commit("customers", errand.place(key), [write])
        return note.model_copy(update={"etag": etag})

    return await persist(attempt, if_match)


async def remove_note(key: str, note: Note, *, if_match: str, errand: Errand) -> None:
    """Take it away for good. Raises Stale."""
    check_version(note.etag, if_match)
    # Replacing it first holds the removal to the version that was judged.
    both: list[Operation] = [
        Replace(note_document(note), note.etag),
        Remove(document_id(NOTE, note.id)),
    ]
    await errand.documents.commit("customers", errand.place(key), both)


async def _manages(personnel_number: str | None, errand: Errand) -> bool:
    worker = personnel_number and await find_worker(personnel_number, errand)
    if not worker or not worker.permission_group:
        return False
    group = await errand.configuration.find(
        errand.legal_entity, col.PERMISSION_GROUPS, worker.permission_group
    )
    return bool(group and group.manager)


async def _document(key: str, note_id: str, errand: Errand) -> Document:
    document = await errand.documents.read(
        "customers", errand.place(key), document_id(NOTE, note_id)
    )
    if document is None:
        raise NoteNotFound(f"There is no note {note_id}.")
    return document


def note_of(document: Document) -> Note:
    note = Note.model_validate(document.body | {"id": document.body["noteId"]})
    return note.model_copy(update={"etag": document.etag})
