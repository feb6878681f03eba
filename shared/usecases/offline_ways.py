"""How each type of offline operation is applied."""

from datetime import UTC

from pydantic import Field

from shared.domain.customers import CustomerInactive
from shared.domain.notes import NewNote, make_note
from shared.domain.values import Key
from shared.ports import Create
from shared.usecases.offline import Offline, Ways
from shared.usecases.offline_addresses import address
from shared.usecases.offline_consents import consent
from shared.usecases.offline_contacts import contact
from shared.usecases.offline_customers import create, patch
from shared.usecases.records import load
from shared.usecases.timeline import note_document


class OfflineNote(NewNote):
    """A note; `author` is the personnel number of who wrote it."""

    author: Key | None = Field(default=None)


async def note(offline: Offline) -> int | None:
    """Keep the note under the time when it was written."""
    new = offline.parse(OfflineNote)
    errand = offline.errand
    customer = await load(errand.documents, errand.legal_entity, offline.key)
    if customer.status != "Active":
        raise CustomerInactive(f"The customer is {customer.status.lower()}.")
    author = f"employee:{new.author}" if new.author else errand.actor
    at = min(offline.operation.at, errand.now).astimezone(UTC)
    made = make_note(new, errand.new_id(), author=new.author, at=at, by=author)
    made = made.model_copy(update={"store_number": errand.actor.partition(":")[2]})
    operations = [offline.marker, Create(note_document(made))]
    await errand.documents.commit("customers", errand.place(offline.key), operations)
    return customer.version


WAYS: Ways = {
    "create": create,
    "patch": patch,
    "address": address,
    "contact": contact,
    "consent": consent,
    "note": note,
}
