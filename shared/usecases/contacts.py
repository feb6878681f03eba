"""What can be asked of a customer's contact points."""

import hashlib

from shared.domain import contacts as cp
from shared.domain.collections import STORES
from shared.domain.contacts import Contact, ContactEdit, Contacts, NewContact
from shared.domain.customers import Customer
from shared.errors import Invalid
from shared.usecases.changes import ANY, Edit, change, check_version, only
from shared.usecases.errand import Errand
from shared.usecases.records import load


def contact_etag(contact: Contact) -> str:
    """Return the version of one contact, which lives inside the customer."""
    return hashlib.sha256(contact.model_dump_json().encode()).hexdigest()[:20]


async def list_contacts(key: str, *, errand: Errand) -> Contacts:
    return (await load(errand.documents, errand.legal_entity, key)).contacts


async def add_contact(key: str, new: NewContact, *, errand: Errand) -> Contact:
    """Add a contact point. The same request twice adds one."""
    contact_id = errand.new_id()
    decide = only(adding(new, contact_id, errand=errand))
    customer = await change(key, decide, if_match=ANY, errand=errand)
    return cp.find(customer.contacts, contact_id)


def adding(new: NewContact, contact_id: str, *, errand: Errand) -> Edit:
    """Return what adds it. Raises ContactExists, SecondaryContactsOff, TooManyContacts, Invalid."""

    async def decide(customer: Customer) -> Customer:
        if errand.fingerprint and any(one.id == contact_id for one in customer.contacts):
            return customer
        normal = await normal_value(new, customer, errand)
        purpose = "Personal" if customer.customer_type == "Person" else "Business"
        made = cp.contact(new, contact_id, normal=normal, purpose=purpose, now=errand.decided_at)
        contacts = cp.add(customer.contacts, made, several=await _several(errand))
        return customer.edited(errand.actor, errand.now, contacts=contacts)

    return decide


async def normal_value(new: NewContact, customer: Customer, errand: Errand) -> str:
    """Return what it is compared by with the others of the customer. Raises Invalid."""
    return cp.normalize(new.kind, new.value, await _country(customer, errand), "/value")


async def edit_contact(
    key: str, contact_id: str, edit: ContactEdit, *, if_match: str, errand: Errand
) -> Contact:
    """Apply the merge patch. Raises ContactNotFound, ContactExists, SuccessorNeeded, Stale."""
    decide = only(editing(contact_id, edit, if_match=if_match, errand=errand))
    customer = await change(key, decide, if_match=ANY, errand=errand)
    return cp.find(customer.contacts, contact_id)


def editing(contact_id: str, edit: ContactEdit, *, if_match: str, errand: Errand) -> Edit:
    """Return what applies the merge patch. Raises Invalid, and later what `edit_contact` does."""
    changes = {name: getattr(edit, name) for name in edit.model_fields_set}
    flawed = [name for name in ("value", "purpose", "primary") if changes.get(name, "") is None]
    if flawed:
        raise Invalid.at(f"/{flawed[0]}", "required", "It can be changed, not taken away.")

    async def decide(customer: Customer) -> Customer:
        read = cp.find(customer.contacts, contact_id)
        check_version(contact_etag(read), if_match)
        changed = await _changed(customer, read, changes, errand)
        contacts = cp.change(customer.contacts, changed)
        return customer.edited(errand.actor, errand.now, contacts=contacts)

    return decide


async def remove_contact(
    key: str, contact_id: str, *, successor: str | None, if_match: str, errand: Errand
) -> None:
    """Take it away. Raises ContactNotFound, SuccessorNeeded, Stale."""

    async def decide(customer: Customer) -> Customer:
        check_version(contact_etag(cp.find(customer.contacts, contact_id)), if_match)
        contacts = cp.remove(customer.contacts, contact_id, successor)
        return customer.edited(errand.actor, errand.now, contacts=contacts)

    await change(key, only(decide), if_match=ANY, errand=errand)


async def _changed(
    customer: Customer, read: Contact, changes: dict[str, object], errand: Errand
) -> Contact:
    update = dict(changes)
    if "value" in changes:
        country = await _country(customer, errand)
        update["normal"] = cp.normalize(read.kind, str(changes["value"]), country, "/value")
    if "marketing_consent" in changes:
        update["consent_at"] = errand.decided_at if changes["marketing_consent"] else None
    return read.model_copy(update=update)


async def _several(errand: Errand) -> bool:
    features = await errand.configuration.features(errand.legal_entity)
    return bool(features.get(cp.FEATURE))


async def _country(customer: Customer, errand: Errand) -> str | None:
    """Return the country whose way of writing phone numbers is meant."""
    if customer.primary_address and customer.primary_address.country:
        return customer.primary_address.country
    store = await errand.configuration.find(errand.legal_entity, STORES, customer.store_number)
    return store.country if store else None
