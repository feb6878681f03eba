"""Listing, adding, editing and removing the contact points of a customer."""

import hashlib
from typing import Any, Final

from shared.context import Context
from shared.core.errors import Invalid
from shared.core.evolve import evolve
from shared.core.retry import ANY, check_version
from shared.core.versioned import Versioned
from shared.customers import documents
from shared.customers.change import Decide, Decision, change, only
from shared.customers.domain import contacts as cp
from shared.customers.domain.contacts import Contact, ContactEdit, Contacts, NewContact
from shared.customers.domain.customers import Customer
from shared.customers.domain.decisions import CONSENT, Said, Statement, said_of
from shared.customers.domain.normal_forms import normalize
from shared.customers.named_settings import store_country

MAX_REMOVED: Final = 20  # removed contact points that are remembered, for requests that come again


def contact_etag(contact: Contact) -> str:
    """Return the version of one contact point, which is stored inside the customer."""
    return hashlib.sha256(contact.model_dump_json().encode()).hexdigest()[:20]


async def list_contacts(key: str, *, context: Context) -> Contacts:
    return (await documents.load(key, context)).value.contacts


async def read_contact(key: str, contact_id: str, *, context: Context) -> Versioned[Contact]:
    """Return the contact point. One point read. Raises CustomerNotFound, ContactNotFound."""
    return _versioned((await documents.load(key, context)).value, contact_id)


async def add_contact(key: str, new: NewContact, *, context: Context) -> Versioned[Contact]:
    """Add a contact point; a repeated request adds no second one.

    Raises ContactNotFound if it comes again once what it added was removed, and what `adding` does.
    """
    contact_id = context.new_id()
    decide = adding(new, contact_id, context=context)
    customer = await change(key, decide, if_match=ANY, context=context)
    return _versioned(customer.value, contact_id)


def adding(new: NewContact, contact_id: str, *, context: Context) -> Decide:
    """Return what adds it. Raises ContactExists, SecondaryContactsOff, TooManyContacts, Invalid."""

    said = said_of(contact_id, new.marketing_consent, new.consents, "")

    async def decide(customer: Customer) -> Decision:
        former = {*customer.removed_contacts, *(contact.id for contact in customer.contacts)}
        if context.fingerprint and contact_id in former:
            if said:  # whether every reader sees it already is not known
                context.left_to_feed.add(CONSENT)
            return Decision(customer)
        normal = await normal_value(new, customer, context)
        purpose = "Personal" if customer.customer_type == "Person" else "Business"
        contact = cp.contact(new, contact_id, normal=normal, purpose=purpose)
        contacts = cp.add(customer.contacts, contact, several=await _several(context))
        edited = customer.edited(context.actor, context.now, contacts=contacts)
        return Decision(edited, details={CONSENT: Statement(said)})

    return decide


async def normal_value(new: NewContact, customer: Customer, context: Context) -> str | None:
    """Return the form in which it is compared with the customer's others. Raises Invalid."""
    return normalize(new.kind, new.value, await _country(customer, context), "/value")


async def edit_contact(
    key: str, contact_id: str, edit: ContactEdit, *, if_match: str, context: Context
) -> Versioned[Contact]:
    """Apply the merge patch. Raises ContactNotFound, ContactExists, SuccessorNeeded, Stale."""
    decide = editing(contact_id, edit, if_match=if_match, context=context)
    customer = await change(
        key, decide, if_match=ANY, context=context, withdraws=edit.only_withdraws
    )
    return _versioned(customer.value, contact_id)


def editing(contact_id: str, edit: ContactEdit, *, if_match: str, context: Context) -> Decide:
    """Return what applies the merge patch. Raises Invalid, and later what `edit_contact` does."""
    changes = {name: getattr(edit, name) for name in edit.model_fields_set}
    emptied = [name for name in ("value", "purpose", "primary") if changes.get(name, "") is None]
    if emptied:
        raise Invalid.at(f"/{emptied[0]}", "required", "It can be changed, not removed.")

    async def decide(customer: Customer) -> Decision:
        contact = cp.find(customer.contacts, contact_id)
        check_version(contact_etag(contact), if_match)
        edited = await _edited(customer, contact, changes, context)
        contacts = cp.change(customer.contacts, edited)
        said = _said(contact, edited, changes)
        if edited == contact and not said:
            return Decision(customer)
        details = {CONSENT: Statement(said)}
        if edit.only_withdraws:  # also where nothing else of the record may be changed
            touched = evolve(customer, modified_at=context.now, modified_by=context.actor)
            return Decision(touched, details=details)
        after = customer.edited(context.actor, context.now, contacts=contacts)
        return Decision(after, details=details)

    return decide


def _said(before: Contact, after: Contact, changes: dict[str, Any]) -> list[Said]:
    """Return what a patch says about consent, unless it opts in where that is shown already."""
    if "marketing_consent" not in changes:
        return []
    decision = changes["marketing_consent"]
    is_shown = decision == before.marketing_consent and after.normal == before.normal
    # What a contact shows is a copy: a withdrawal never depends on it.
    if (is_shown and decision != "OptedOut") or (decision is None and after.normal is None):
        return []
    return [Said(after.id, decision, pointer="/marketingConsent")]


async def remove_contact(
    key: str, contact_id: str, *, successor: str | None, if_match: str, context: Context
) -> None:
    """Remove a contact point. Raises ContactNotFound, SuccessorNeeded, Stale."""

    async def decide(customer: Customer) -> Customer:
        check_version(contact_etag(cp.find(customer.contacts, contact_id)), if_match)
        contacts = cp.remove(customer.contacts, contact_id, successor)
        removed = (contact_id, *customer.removed_contacts)[:MAX_REMOVED]
        return customer.edited(
            context.actor, context.now, contacts=contacts, removed_contacts=removed
        )

    await change(key, only(decide), if_match=ANY, context=context)


def _versioned(customer: Customer, contact_id: str) -> Versioned[Contact]:
    contact = cp.find(customer.contacts, contact_id)
    return Versioned(contact, contact_etag(contact))


async def _edited(
    customer: Customer, contact: Contact, changes: dict[str, Any], context: Context
) -> Contact:
    changes = {name: value for name, value in changes.items() if name != "marketing_consent"}
    if "value" in changes:
        country = await _country(customer, context)
        changes["normal"] = normalize(contact.kind, str(changes["value"]), country, "/value")
        if changes["normal"] != contact.normal:
            changes = {"verified_at": None, **changes}
    return evolve(contact, **changes)


async def _several(context: Context) -> bool:
    features = await context.configuration.features(context.legal_entity)
    return bool(features.get(cp.FEATURE))


async def _country(customer: Customer, context: Context) -> str | None:
    """Return the country whose way of writing phone numbers applies."""
    if customer.primary_address and customer.primary_address.country:
        return customer.primary_address.country
    return await store_country(customer, context)
