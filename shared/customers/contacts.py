"""What can be asked of a customer's contact points."""

import hashlib
from typing import Any

from shared.configuration.domain.collections import STORES
from shared.context import Context
from shared.core.errors import Invalid
from shared.core.evolve import evolve
from shared.customers.change import ANY, Edit, change, check_version, only
from shared.customers.documents import load
from shared.customers.domain import contacts as cp
from shared.customers.domain.contacts import Contact, ContactEdit, Contacts, NewContact
from shared.customers.domain.customers import Customer


def contact_etag(contact: Contact) -> str:
    """Return the version of one contact, which lives inside the customer."""
    return hashlib.sha256(contact.model_dump_json().encode()).hexdigest()[:20]


async def list_contacts(key: str, *, context: Context) -> Contacts:
    return (await load(context.documents, context.legal_entity, key)).contacts


async def add_contact(key: str, new: NewContact, *, context: Context) -> Contact:
    """Add a contact point. The same request twice adds one."""
    contact_id = context.new_id()
    decide = only(adding(new, contact_id, context=context))
    customer = await change(key, decide, if_match=ANY, context=context)
    return cp.find(customer.contacts, contact_id)


def adding(new: NewContact, contact_id: str, *, context: Context) -> Edit:
    """Return what adds it. Raises ContactExists, SecondaryContactsOff, TooManyContacts, Invalid."""

    async def decide(customer: Customer) -> Customer:
        if context.fingerprint and any(one.id == contact_id for one in customer.contacts):
            return customer
        normal = await normal_value(new, customer, context)
        purpose = "Personal" if customer.customer_type == "Person" else "Business"
        made = cp.contact(new, contact_id, normal=normal, purpose=purpose, now=context.decided_at)
        contacts = cp.add(customer.contacts, made, several=await _several(context))
        return customer.edited(context.actor, context.now, contacts=contacts)

    return decide


async def normal_value(new: NewContact, customer: Customer, context: Context) -> str:
    """Return what it is compared by with the others of the customer. Raises Invalid."""
    return cp.normalize(new.kind, new.value, await _country(customer, context), "/value")


async def edit_contact(
    key: str, contact_id: str, edit: ContactEdit, *, if_match: str, context: Context
) -> Contact:
    """Apply the merge patch. Raises ContactNotFound, ContactExists, SuccessorNeeded, Stale."""
    decide = only(editing(contact_id, edit, if_match=if_match, context=context))
    customer = await change(key, decide, if_match=ANY, context=context)
    return cp.find(customer.contacts, contact_id)


def editing(contact_id: str, edit: ContactEdit, *, if_match: str, context: Context) -> Edit:
    """Return what applies the merge patch. Raises Invalid, and later what `edit_contact` does."""
    changes = {name: getattr(edit, name) for name in edit.model_fields_set}
    flawed = [name for name in ("value", "purpose", "primary") if changes.get(name, "") is None]
    if flawed:
        raise Invalid.at(f"/{flawed[0]}", "required", "It can be changed, not taken away.")

    async def decide(customer: Customer) -> Customer:
        read = cp.find(customer.contacts, contact_id)
        check_version(contact_etag(read), if_match)
        changed = await _changed(customer, read, changes, context)
        contacts = cp.change(customer.contacts, changed)
        return customer.edited(context.actor, context.now, contacts=contacts)

    return decide


async def remove_contact(
    key: str, contact_id: str, *, successor: str | None, if_match: str, context: Context
) -> None:
    """Take it away. Raises ContactNotFound, SuccessorNeeded, Stale."""

    async def decide(customer: Customer) -> Customer:
        check_version(contact_etag(cp.find(customer.contacts, contact_id)), if_match)
        contacts = cp.remove(customer.contacts, contact_id, successor)
        return customer.edited(context.actor, context.now, contacts=contacts)

    await change(key, only(decide), if_match=ANY, context=context)


async def _changed(
    customer: Customer, read: Contact, changes: dict[str, Any], context: Context
) -> Contact:
    update = dict(changes)
    if "value" in changes:
        country = await _country(customer, context)
        update["normal"] = cp.normalize(read.kind, str(changes["value"]), country, "/value")
    if "marketing_consent" in changes:
        update["consent_at"] = context.decided_at if changes["marketing_consent"] else None
    return evolve(read, **update)


async def _several(context: Context) -> bool:
    features = await context.configuration.features(context.legal_entity)
    return bool(features.get(cp.FEATURE))


async def _country(customer: Customer, context: Context) -> str | None:
    """Return the country whose way of writing phone numbers is meant."""
    if customer.primary_address and customer.primary_address.country:
        return customer.primary_address.country
    store = await context.configuration.find(context.legal_entity, STORES, customer.store_number)
    return store.country if store else None
