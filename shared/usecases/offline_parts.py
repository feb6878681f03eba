"""What was done offline to the parts of a customer: addresses, contact points, consents, notes."""

from typing import Any

from pydantic import Field

from shared.domain import contacts as cp
from shared.domain.addresses import AddressEdit, AddressId, NewAddress
from shared.domain.consents import Consent, NewConsent
from shared.domain.contacts import Contact, ContactEdit, ContactId, ContactView, NewContact
from shared.domain.customers import Customer
from shared.domain.notes import NewNote, make_note
from shared.domain.reconciliation import UNKNOWN, FieldConflict, conflicts
from shared.domain.values import Key
from shared.ports import Create
from shared.usecases import addresses, contacts
from shared.usecases.changes import ANY, Decision
from shared.usecases.offline import Conflicted, Offline, Ways, create, patch
from shared.usecases.records import address_fields, load, load_address
from shared.usecases.timeline import consent_document, note_document


class OfflineAddress(AddressEdit):
    """An address that was added, or with `addressId` a merge patch of one."""

    address_id: AddressId | None = None


class OfflineContact(ContactEdit):
    """A contact point that was added, or with `contactId` a merge patch of one."""

    contact_id: ContactId | None = None
    kind: cp.ContactKind | None = None


class OfflineNote(NewNote):
    """A note; `author` is the personnel number of who wrote it."""

    author: Key | None = Field(default=None)


async def address(offline: Offline) -> int | None:
    """Add an address, or change one where nobody else has."""
    address_id = offline.parse(OfflineAddress).address_id
    if address_id is None:
        return await _add_address(offline)
    body = {name: one for name, one in offline.operation.body.items() if name != "addressId"}
    edit = offline.parse(OfflineAddress)
    await addresses.check_purpose(edit.purpose, offline.errand)

    async def decide(customer: Customer) -> Decision:
        read = await load_address(offline.errand.documents, customer, address_id)
        prefix = f"addresses/{address_id}/"
        current = _under(prefix, address_fields(read))
        since = await offline.since(customer)
        kept = offline.settle(_under(prefix, body), customer, current, since)
        if not conflicts(kept, current, UNKNOWN):
            return Decision(customer)
        left = AddressEdit.model_validate(_without(prefix, kept))
        way = addresses.editing(address_id, left, if_match=ANY, errand=offline.errand)
        return await way(customer)

    return await offline.change(decide)


async def _add_address(offline: Offline) -> int | None:
    new = offline.parse(NewAddress)
    await addresses.check_purpose(new.purpose, offline.errand)
    address_id = offline.errand.new_id()

    async def decide(customer: Customer) -> Decision:
        chosen = new
        if new.primary:
            carried = customer.primary_address
            kept = offline.settle(
                {"primaryAddress": address_id},
                customer,
                {"primaryAddress": carried.id if carried else None},
                await offline.since(customer),
            )
            chosen = new.model_copy(update={"primary": bool(kept)})
        return await addresses.adding(chosen, address_id, errand=offline.errand)(customer)

    return await offline.change(decide)


async def contact(offline: Offline) -> int | None:
    """Add a contact point, or change one where nobody else has."""
    edit = offline.parse(OfflineContact)
    if edit.contact_id is None:
        return await _add_contact(offline)
    contact_id = edit.contact_id
    body = {name: one for name, one in offline.operation.body.items() if name != "contactId"}

    async def decide(customer: Customer) -> Decision:
        prefix = f"contacts/{contact_id}/"
        current = _under(prefix, _fields(cp.find(customer.contacts, contact_id)))
        since = await offline.since(customer)
        kept = offline.settle(_under(prefix, body), customer, current, since)
        return await _changed(offline, customer, contact_id, kept)

    return await offline.change(decide)


async def _changed(
    offline: Offline, customer: Customer, contact_id: str, kept: dict[str, Any]
) -> Decision:
    prefix = f"contacts/{contact_id}/"
    current = _under(prefix, _fields(cp.find(customer.contacts, contact_id)))
    if not conflicts(kept, current, UNKNOWN):
        return Decision(customer)
    left = ContactEdit.model_validate(_without(prefix, kept))
    way = contacts.editing(contact_id, left, if_match=ANY, errand=offline.errand)
    return Decision(await way(customer))


async def _add_contact(offline: Offline) -> int | None:
    new = offline.parse(NewContact)
    contact_id = offline.errand.new_id()

    async def decide(customer: Customer) -> Decision:
        normal = await contacts.normal_value(new, customer, offline.errand)
        for one in cp.of_kind(customer.contacts, new.kind):
            if one.normal == normal and one.id != contact_id:
                return await _already_there(offline, customer, one, new)
        chosen = new
        if new.primary:
            path = f"primary/{new.kind}"
            kept = offline.settle(
                {path: new.value},
                customer,
                {path: cp.primary(customer.contacts, new.kind)},
                await offline.since(customer),
            )
            chosen = new.model_copy(update={"primary": bool(kept)})
        way = contacts.adding(chosen, contact_id, errand=offline.errand)
        return Decision(await way(customer))

    return await offline.change(decide)


async def _already_there(
    offline: Offline, customer: Customer, there: Contact, new: NewContact
) -> Decision:
    """Let it be if it says the same; else which of both is right is for a person to say."""
    prefix = f"contacts/{there.id}/"
    given = new.model_dump(mode="json", by_alias=True, exclude_unset=True)
    told = {name: one for name, one in given.items() if name not in {"kind", "value"}}
    offered, current = _under(prefix, told), _under(prefix, _fields(there))
    found = offline.choice.open(conflicts(offered, current, UNKNOWN))
    if found:
        raise Conflicted("already-there", found, customer.version)
    kept = {path: one for path, one in offered.items() if path not in offline.choice.left}
    return await _changed(offline, customer, there.id, kept)


async def consent(offline: Offline) -> int | None:
    """Keep the decision of the customer; it is in force unless she has decided otherwise since."""
    new, errand = offline.parse(NewConsent), offline.errand
    decided_at = min(new.decided_at or offline.operation.at, errand.now)

    async def decide(customer: Customer) -> Decision:
        one = await _named(new, customer, offline)
        told = Consent(
            contact_id=one.id,
            kind=one.kind,
            value=one.value,
            **new.model_dump(include={"purpose", "decision", "source", "evidence"}),
            decided_at=decided_at,
            recorded_at=errand.now,
            recorded_by=errand.actor,
        )
        consents = [Create(consent_document(told, customer.version + 1))]
        if not _comes_into_force(offline, customer, one, told):
            return Decision(customer, consents=consents)
        update = {"marketing_consent": told.decision, "consent_at": told.decided_at}
        changed = cp.change(customer.contacts, one.model_copy(update=update))
        edited = customer.edited(errand.actor, errand.now, contacts=changed)
        return Decision(edited, consents=consents)

    return await offline.change(decide)


def _comes_into_force(offline: Offline, customer: Customer, one: Contact, told: Consent) -> bool:
    """Tell whether it does, or is only kept. Raises Conflicted where another one is newer."""
    if one.consent_at is None or one.consent_at <= told.decided_at:
        return True
    if one.marketing_consent == told.decision:
        return False
    path = f"contacts/{one.id}/marketingConsent"
    found = FieldConflict(
        field=path,
        current=one.marketing_consent,
        offline=told.decision,
        changed_at=one.consent_at,
    )
    if still := offline.choice.open((found,)):
        raise Conflicted("newer-consent", still, customer.version)
    return path not in offline.choice.left


async def _named(new: NewConsent, customer: Customer, offline: Offline) -> Contact:
    """Return the contact point that the decision is about. Raises ContactNotFound, Invalid."""
    if new.contact_id is not None:
        return cp.find(customer.contacts, new.contact_id)
    asked = NewContact(kind=new.kind or "email", value=new.value or "")
    normal = await contacts.normal_value(asked, customer, offline.errand)
    for one in cp.of_kind(customer.contacts, asked.kind):
        if one.normal == normal:
            return one
    raise cp.ContactNotFound(f"The customer has no {asked.kind} {asked.value}.")


async def note(offline: Offline) -> int | None:
    """Keep the note under the time when it was written."""
    new = offline.parse(OfflineNote)
    errand = offline.errand
    customer = await load(errand.documents, errand.legal_entity, offline.key)
    author = f"employee:{new.author}" if new.author else errand.actor
    at = min(offline.operation.at, errand.now)
    made = make_note(new, errand.new_id(), author=new.author, at=at, by=author)
    made = made.model_copy(update={"store_number": errand.actor.partition(":")[2]})
    operations = [offline.marker, Create(note_document(made))]
    await errand.documents.commit("customers", errand.place(offline.key), operations)
    return customer.version


def _fields(one: Contact) -> dict[str, Any]:
    fields = one.model_dump(mode="json", by_alias=True)
    return {name: fields[name] for name in ContactView.model_json_schema()["properties"]}


def _under(prefix: str, fields: dict[str, Any]) -> dict[str, Any]:
    return {f"{prefix}{name}": one for name, one in fields.items()}


def _without(prefix: str, fields: dict[str, Any]) -> dict[str, Any]:
    return {path.removeprefix(prefix): one for path, one in fields.items()}


WAYS: Ways = {
    "create": create,
    "patch": patch,
    "address": address,
    "contact": contact,
    "consent": consent,
    "note": note,
}
