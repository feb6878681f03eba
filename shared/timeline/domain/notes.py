"""Notes: free text about a customer, seen by every associate of the legal entity."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from shared.core.errors import Forbidden, Invalid, NotFound
from shared.core.evolve import evolve
from shared.core.values import Body, Record

LONGEST_NOTE = 4000
MOST_WORDINGS = 50  # kept of one note, so that it stays one small document

NoteText = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=LONGEST_NOTE, pattern=r"^[^\x00]*$"
    ),
]


class NoteNotFound(NotFound):
    code = "note-not-found"


class NotYourNote(Forbidden):
    """Only its author and managers change a note."""

    code = "not-your-note"


class NewNote(Body):
    text: NoteText
    pinned: bool = False


class NoteEdit(Body):
    text: NoteText | None = None
    pinned: bool | None = None


class Wording(Record):
    """What a note said until it was edited."""

    text: str
    until: datetime
    edited_by: str


class Note(Record):
    """`author` is a personnel number, or null where no associate wrote it."""

    id: str
    text: str
    pinned: bool = False
    author: str | None = None
    store_number: str | None = None
    created_at: datetime
    created_by: str
    modified_at: datetime
    modified_by: str
    history: tuple[Wording, ...] = ()
    etag: str = Field(default="", exclude=True)

    def edited(self, edit: NoteEdit, actor: str, now: datetime) -> "Note":
        """Return the note as the merge patch has it. Raises Invalid."""
        changes: dict[str, Any] = {name: getattr(edit, name) for name in edit.model_fields_set}
        for name, value in changes.items():
            if value is None:
                raise Invalid.at(f"/{name}", "required", "It can be changed, not taken away.")
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
    return tuple(wordings[-MOST_WORDINGS:])


def check_author(note: Note, personnel_number: str | None, *, manager: bool) -> None:
    """Raise NotYourNote unless she wrote it or is a manager."""
    if not manager and (personnel_number is None or note.author != personnel_number):
        raise NotYourNote("Its author may change this note, and managers may.", author=note.author)
