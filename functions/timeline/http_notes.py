"""Notes over HTTP."""

from typing import Any

import azure.functions as func

from functions._customer import REFUSES, customer_key
from functions._http import Call, NoQuery, Operation, PageOf, PageQuery, Reply, serve
from functions._http.operation import JSON, MERGE_PATCH
from functions.clienteling.access import enter
from shared.configuration.domain.features import FeatureOff
from shared.customers.domain.customers import CustomerInactive
from shared.timeline import notes as usecases
from shared.timeline.domain.notes import NewNote, Note, NoteEdit, NoteNotFound, NotYourNote

bp = func.Blueprint()

NOTES = "customers/{customerId}/notes"
NOTE = NOTES + "/{noteId}"
NOTE_REFUSES = (*REFUSES, FeatureOff)


@serve(
    bp,
    Operation(
        "POST",
        NOTES,
        who="E",
        returns=Note,
        status=201,
        tag="Clienteling",
        refuses=(*NOTE_REFUSES, CustomerInactive),
    ),
)
async def add_note(call: Call[NoQuery, NewNote]) -> Reply:
    """Keep a note about a customer, for every associate of the legal entity to read."""
    visitor = await enter(call)
    key = await customer_key(call)
    note = await usecases.add_note(
        key,
        call.body,
        author=visitor.personnel_number,
        store=visitor.store.store_number if visitor.store else None,
        context=call.context,
    )
    return Reply(note, etag=note.etag, location=call.url("customers", key, "notes", note.id))


@serve(
    bp,
    Operation("GET", NOTES, who="E", returns=PageOf[Note], tag="Clienteling", refuses=NOTE_REFUSES),
)
async def list_notes(call: Call[PageQuery, None]) -> Reply:
    """List the notes about a customer: pinned ones first, then the others, newest first."""
    await enter(call)
    found, after = await usecases.list_notes(
        await customer_key(call),
        limit=call.query.limit,
        position=call.position(),
        context=call.context,
    )
    items = [one.model_dump(mode="json", by_alias=True) | {"etag": one.etag} for one in found]
    return Reply(call.page(items, after))


@serve(
    bp,
    Operation(
        "GET", NOTE, who="E", returns=Note, tag="Clienteling", refuses=(*NOTE_REFUSES, NoteNotFound)
    ),
)
async def get_note(call: Call[NoQuery, None]) -> Reply:
    """Read a note, with what it said before."""
    await enter(call)
    key = await customer_key(call)
    note = await usecases.read_note(key, call.path["noteId"], context=call.context)
    return Reply(note, etag=note.etag)


@serve(
    bp,
    Operation(
        "PATCH",
        NOTE,
        who="E",
        returns=Note,
        if_match="required",
        media_types=(MERGE_PATCH, JSON),
        tag="Clienteling",
        refuses=(*NOTE_REFUSES, NoteNotFound, NotYourNote),
    ),
)
async def edit_note(call: Call[NoQuery, NoteEdit]) -> Reply:
    """Change a note of one's own by JSON merge patch; managers change those of others too."""
    key, read = await _own(call)
    note = await usecases.edit_note(
        key, read, call.body, if_match=call.version, context=call.context
    )
    return Reply(note, etag=note.etag)


@serve(
    bp,
    Operation(
        "DELETE",
        NOTE,
        who="E",
        status=204,
        if_match="required",
        tag="Clienteling",
        refuses=(*NOTE_REFUSES, NoteNotFound, NotYourNote),
    ),
)
async def remove_note(call: Call[NoQuery, None]) -> Reply:
    """Take a note of one's own away for good; managers take away those of others too."""
    key, note = await _own(call)
    await usecases.remove_note(key, note, if_match=call.version, context=call.context)
    return Reply()


async def _own(call: Call[Any, Any]) -> tuple[str, Note]:
    """Return the note in the path, if the caller may change it, and its customer."""
    visitor = await enter(call)
    key = await customer_key(call)
    note = await usecases.own_note(
        key, call.path["noteId"], visitor.personnel_number, context=call.context
    )
    return key, note
