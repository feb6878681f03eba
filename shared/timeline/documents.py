"""Notes and activities as documents: entries of the customer's timeline."""

from typing import Any, Final

from shared.core.values import as_text
from shared.customers.timeline_entries import timeline_entry
from shared.timeline.domain.activities import Activity
from shared.timeline.domain.notes import Note

NOTE: Final = "note"
ACTIVITY: Final = "activity"


def note_document(note: Note) -> dict[str, Any]:
    entry = timeline_entry(NOTE, note.id, as_text(note.created_at), note)
    return entry | {"noteId": note.id}


def activity_document(activity: Activity) -> dict[str, Any]:
    entry = timeline_entry(ACTIVITY, activity.id, as_text(activity.occurred_at), activity)
    return entry | {"activityId": activity.id}
