"""The timeline and its activities as they are answered."""

from typing import Literal

from pydantic import Field

from shared.clienteling.domain.book_moves import BookMove
from shared.consent.domain.consents import ConsentEntry
from shared.core.values import Record
from shared.timeline.domain.activities import ActivityView
from shared.timeline.domain.notes import Note

Kind = Literal["activity", "note", "consent", "bookMove"]


class TimelineEntry(Record):
    """One entry of the timeline; its content is in the field that its type names."""

    id: str = Field(
        description="Id of the entry", examples=["note:0a4c7e52-6a50-5f0e-8f1c-2f4b7c1d9e33"]
    )
    type: Kind = Field(description="What kind of entry it is")
    at: str = Field(description="When it happened", examples=["2026-11-24T09:30:00Z"])
    activity: ActivityView | None = Field(None, description="The activity")
    note: Note | None = Field(None, description="The note")
    consent: ConsentEntry | None = Field(None, description="The decision of the customer")
    book_move: BookMove | None = Field(None, description="The move between client books")


class ListedActivity(ActivityView):
    """An activity in a list, with its version."""

    etag: str = Field(description="Version of the activity", examples=["0f1e2d3c"])
