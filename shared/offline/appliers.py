"""How each type of offline operation is applied."""

from datetime import UTC

from pydantic import Field

from shared.core.evolve import evolve
from shared.core.values import Key
from shared.customers.documents import load
from shared.customers.domain.customers import CustomerInactive
from shared.customers.timeline_entries import note_document
from shared.offline.apply import Offline, Ways
from shared.offline.apply_address import address
from shared.offline.apply_consent import consent
from shared.offline.apply_contact import contact
from shared.offline.apply_customer import create, patch
from shared.ports.documents import Create
from shared.timeline.domain.notes import NewNote, make_note


class OfflineNote(NewNote):
    """A note; `author` is the personnel number of who wrote it."""

    author: Key | None = Field(default=None)


async def note(offline: Offline) -> int | None:
    """Keep the note under the time when it was written."""
    new = offline.parse(OfflineNote)
    context = offline.context
    customer = await load(context.documents, context.legal_entity, offline.key)
    if customer.status != "Active":
        raise CustomerInactive(f"The customer is {customer.status.lower()}.")
    author = f"employee:{new.author}" if new.author else context.actor
    at = min(offline.operation.at, context.now).astimezone(UTC)
    made = make_note(new, context.new_id(), author=new.author, at=at, by=author)
    made = evolve(made, store_number=context.actor.partition(":")[2])
    operations = [offline.marker, Create(note_document(made))]
    await context.documents.commit("customers", context.place(offline.key), operations)
    return customer.version


WAYS: Ways = {
    "create": create,
    "patch": patch,
    "address": address,
    "contact": contact,
    "consent": consent,
    "note": note,
}
