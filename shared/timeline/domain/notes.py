"""Notes: free text about a customer, seen by every associate of the legal entity."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from shared.core.errors import Forbidden, Invalid, NotFound
from shared.core.evolve import evolve
from shared.core.values import Body, Record

MAX_NOTE_LENGTH = 4000
MAX_REVISIONS = 50  # of one note, so that it stays one small document

NoteText = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=MAX_NOTE_LENGTH, pattern=r"^[^\x00]*$"
    ),
]


class NoteNotFound(NotFound):
    """The customer has no such note."""

    code = "note-not-found"


class NotYourNote(Forbidden):
    """The caller is neither the author of the note nor a manager."""

    code = "not-your-note"


class NewNote(Body):
    """A note to add to a customer."""

    text: NoteText = Field(description="Text of the note", examples=["Prefers to be called late"])
    pinned: bool = Field(False, description="Whether the note comes before the others")


class NoteEdit(Body):
    """A merge patch of a note."""

    text: NoteText | None = Field(
        None, description="Text of the note", examples=["Prefers to be called late"]
    )
    pinned: bool | None = Field(None, description="Whether the note comes before the others")


class Wording(Record):
    """The text of a note before an edit."""

    text: str = Field(description="The former text", examples=["Prefers to be called early"])
    until: datetime = Field(description="When the text was replaced")
    edited_by: str = Field(description="Who replaced it", examples=["employee:000160"])


class Note(Record):
    """A note about a customer."""

    id: str = Field(
        description="GUID of the note", examples=["0a4c7e52-6a50-5f0e-8f1c-2f4b7c1d9e33"]
    )
    text: str = Field(description="Text of the note", examples=["Prefers to be called late"])
    pinned: bool = Field(False, description="Whether the note comes before the others")
    author: str | None = Field(
        None,
        description="Personnel number of the author; null where no associate wrote it",
        examples=["000160"],
    )
    store_number: str | None = Field(
        None, description="The store in which it was written", examples=["HOUSTON"]
    )
    created_at: datetime = Field(description="When it was written")
    created_by: str = Field(description="Who wrote it", examples=["employee:000160"])
    modified_at: datetime = Field(description="When it was last changed")
    modified_by: str = Field(description="Who last changed it", examples=["employee:000160"])
    history: tuple[Wording, ...] = Field((), description="Former texts, oldest first")

    def edited(self, edit: NoteEdit, actor: str, now: datetime) -> "Note":
        """Return the note with the merge patch applied. Raises Invalid."""
        changes: dict[str, Any] = {name: getattr(edit, name) for name in edit.model_fields_set}
        for name, value in changes.items():
            if value is None:
                raise Invalid.at(f"/{name}", "required", "It can be changed, not removed.")
        if changes.get("text", self.text) != self.text:
            last = Wording(text=self.text, until=now, edited_by=actor)
            changes["history"] = _newest((*self.history, last))
        return evolve(self, **changes, modified_at=now, modified_by=actor)


def make_note(new: NewNote, note_id: str, *, author: str | None, at: datetime, by: str) -> Note:
    return Note(
        id=note_id,
        text=new.text,
        pinned=new.pinned,
        author=author,
        created_at=at,
        created_by=by,
        modified_at=at,
        modified_by=by,
    )


def _newest(wordings: Sequence[Wording]) -> tuple[Wording, ...]:
    return tuple(wordings[-MAX_REVISIONS:])


def check_author(note: Note, personnel_number: str | None, *, manager: bool) -> None:
    """Raise NotYourNote unless the associate wrote the note or is a manager."""
    if not manager and (personnel_number is None or note.author != personnel_number):
        raise NotYourNote("Only the author or a manager may change this note.", author=note.author)
