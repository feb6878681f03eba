"""Notes over HTTP."""

from typing import Any

import azure.functions as func
from pydantic import Field

from functions._customer import CLOSED, REFUSES, customer_key
from functions._http.trigger import (
    CUSTOMER_EDIT,
    CUSTOMER_READ,
    JSON,
    MERGE_PATCH,
    Call,
    NoQuery,
    Operation,
    PageOf,
    PageQuery,
    Reply,
    serve,
)
from functions.clienteling.access import enter
from shared.configuration.domain.features import FeatureOff
from shared.core.versioned import Versioned
from shared.timeline import notes as usecases
from shared.timeline.documents import NotePosition
from shared.timeline.domain.notes import NewNote, Note, NoteEdit, NoteNotFound, NotYourNote

bp = func.Blueprint()

NOTES = "customers/{customerId}/notes"
NOTE = NOTES + "/{noteId}"
NOTE_REFUSES = (*REFUSES, FeatureOff)


class ListedNote(Note):
    """A note in a list, with its version."""

    etag: str = Field(description="Version of the note, for If-Match", examples=["0f1e2d3c"])


@serve(
    bp,
    Operation(
        "POST",
        NOTES,
        who="E",
        pos_operation=CUSTOMER_EDIT,
        returns=Note,
        status=201,
        tag="Clienteling",
        refuses=(*NOTE_REFUSES, *CLOSED),
    ),
)
async def add_note(call: Call[NoQuery, NewNote]) -> Reply:
    """Add a note about a customer.

    Every associate of the legal entity can read it.
    """
    visitor = await enter(call)
    key = await customer_key(call)
    note = await usecases.add_note(
        key,
        call.body,
        author=visitor.personnel_number,
        store=visitor.store_number,
        context=call.context,
    )
    location = call.url("customers", key, "notes", note.value.id)
    return Reply(note.value, etag=note.etag, location=location)


@serve(
    bp,
    Operation(
        "GET",
        NOTES,
        who="E",
        pos_operation=CUSTOMER_READ,
        returns=PageOf[ListedNote],
        tag="Clienteling",
        refuses=NOTE_REFUSES,
    ),
)
async def list_notes(call: Call[PageQuery, None]) -> Reply:
    """List the notes about a customer.

    Pinned notes come first, then the others, newest first.
    """
    await enter(call)
    position = call.position()
    page = await usecases.list_notes(
        await customer_key(call),
        limit=call.query.limit,
        position=NotePosition(**position) if position else None,
        context=call.context,
    )
    items = [
        note.value.model_dump(mode="json", by_alias=True) | {"etag": note.etag}
        for note in page.notes
    ]
    return Reply(call.page(items, page.position and page.position._asdict()))


@serve(
    bp,
    Operation(
        "GET",
        NOTE,
        who="E",
        pos_operation=CUSTOMER_READ,
        returns=Note,
        tag="Clienteling",
        refuses=(*NOTE_REFUSES, NoteNotFound),
    ),
)
async def get_note(call: Call[NoQuery, None]) -> Reply:
    """Get a note.

    The former texts of a note that was edited come with it.
    """
    await enter(call)
    key = await customer_key(call)
    note = await usecases.read_note(key, call.path["noteId"], context=call.context)
    return Reply(note.value, etag=note.etag)


@serve(
    bp,
    Operation(
        "PATCH",
        NOTE,
        who="E",
        pos_operation=CUSTOMER_EDIT,
        returns=Note,
        if_match="required",
        media_types=(MERGE_PATCH, JSON),
        tag="Clienteling",
        refuses=(*NOTE_REFUSES, *CLOSED, NoteNotFound, NotYourNote),
    ),
)
async def edit_note(call: Call[NoQuery, NoteEdit]) -> Reply:
    """Update a note by JSON merge patch.

    Only its author and managers may change it.
    """
    key, own = await _own_note(call)
    note = await usecases.edit_note(
        key, own, call.body, if_match=call.version, context=call.context
    )
    return Reply(note.value, etag=note.etag)


@serve(
    bp,
    Operation(
        "DELETE",
        NOTE,
        who="E",
        pos_operation=CUSTOMER_EDIT,
        status=204,
        if_match="required",
        tag="Clienteling",
        refuses=(*NOTE_REFUSES, *CLOSED, NoteNotFound, NotYourNote),
    ),
)
async def remove_note(call: Call[NoQuery, None]) -> Reply:
    """Delete a note.

    Only its author and managers may delete it.
    """
    key, own = await _own_note(call)
    await usecases.remove_note(key, own, if_match=call.version, context=call.context)
    return Reply()


async def _own_note(call: Call[NoQuery, Any]) -> tuple[str, Versioned[Note]]:
    """Return the note in the path, if the caller may change it, and the key of its customer."""
    visitor = await enter(call)
    key = await customer_key(call)
    return key, await usecases.own_note(key, call.path["noteId"], visitor, call.context)
