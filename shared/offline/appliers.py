"""How each type of offline operation is applied."""

from datetime import UTC

from pydantic import Field

from shared.core.evolve import evolve
from shared.core.values import Key
from shared.customers.customers import read_active_customer
from shared.offline.apply import Offline, Ways
from shared.offline.apply_address import address
from shared.offline.apply_consent import consent
from shared.offline.apply_contact import contact
from shared.offline.apply_customer import create, patch
from shared.timeline.domain.notes import NewNote, make_note
from shared.timeline.notes import create_note


class OfflineNote(NewNote):
    """A note; `author` is the personnel number of who wrote it."""

    author: Key | None = Field(default=None)


async def note(offline: Offline) -> int | None:
    """Keep the note under the time when it was written."""
    new = offline.parse(OfflineNote)
    context = offline.context
    customer = await read_active_customer(offline.key, context=context)
    author = f"employee:{new.author}" if new.author else context.actor
    at = min(offline.operation.at, context.now).astimezone(UTC)
    made = make_note(new, context.new_id(), author=new.author, at=at, by=author)
    made = evolve(made, store_number=context.actor.partition(":")[2])
    operations = [offline.marker, create_note(made)]
    await context.documents.commit("customers", context.partition(offline.key), operations)
    return customer.value.version


WAYS: Ways = {
    "create": create,
    "patch": patch,
    "address": address,
    "contact": contact,
    "consent": consent,
    "note": note,
}
