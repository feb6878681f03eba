"""Notes that were written offline."""

from datetime import UTC

from pydantic import Field

from shared.core.evolve import evolve
from shared.core.values import Key
from shared.customers.customers import read_active_customer
from shared.offline.offline_change import OfflineChange
from shared.timeline.domain.notes import NewNote, make_note
from shared.timeline.notes import create_note


class OfflineNote(NewNote):
    """A note; `author` is the personnel number of who wrote it."""

    author: Key | None = Field(default=None)


async def apply_note(change: OfflineChange) -> int | None:
    """Add the note under the time when it was written."""
    new, context = change.parse(OfflineNote), change.context
    customer = await read_active_customer(change.key, context=context)
    author = f"employee:{new.author}" if new.author else context.actor
    at = min(change.operation.at, context.now).astimezone(UTC)
    note = make_note(new, context.new_id(), author=new.author, at=at, by=author)
    note = evolve(note, store_number=change.channel)
    await change.commit([create_note(note)])
    return customer.value.version
