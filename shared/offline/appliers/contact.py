"""Contact points that were added or changed change."""

from dataclasses import replace
from typing import Any

from shared.core.errors import Invalid
from shared.core.evolve import evolve
from shared.core.retry import ANY
from shared.customers import contacts
from shared.customers.change import Decision
from shared.customers.domain import contacts as cp
from shared.customers.domain.contacts import (
    Contact,
    ContactEdit,
    ContactId,
    ContactView,
    NewContact,
)
from shared.customers.domain.customers import Customer
from shared.customers.domain.decisions import CONSENT, Statement, said_of
from shared.offline.appliers.field_paths import given, under, with_primary, without, without_primary
from shared.offline.domain.reconciliation import UNKNOWN_CHANGES, conflicts
from shared.offline.offline_change import Conflicting, OfflineChange

CONSENT_FIELD = "marketingConsent"


class OfflineContact(ContactEdit):
    """A contact point that was added, or with `contactId` a merge patch of one."""

    contact_id: ContactId | None = None
    kind: cp.ContactKind | None = None


async def apply_contact(change: OfflineChange) -> int | None:
    """Add a contact point, or change one where no other writer has."""
    edit = change.parse(OfflineContact)
    if "verified_at" in edit.model_fields_set:
        raise Invalid.at("/body/verifiedAt", "extra-forbidden", "Only an application knows that.")
    if edit.contact_id is None:
        return await _add_contact(change)
    contact_id = edit.contact_id
    body = given(edit, "contactId", "kind", CONSENT_FIELD)
    consent = {CONSENT_FIELD: edit.marketing_consent} if edit.marketing_consent else {}

    async def decide(customer: Customer) -> Decision:
        prefix = f"contacts/{contact_id}/"
        contact = cp.find(customer.contacts, contact_id)
        path = f"primary/{contact.kind}"
        offered = with_primary(under(prefix, body), prefix, path, body.get("value", contact.value))
        current = under(prefix, _fields(contact)) | {
            path: cp.primary(customer.contacts, contact.kind)
        }
        kept = change.settle(offered, customer, current, await change.since(customer))
        kept = without_primary(kept, offered, prefix, path)
        return await _changed(change, customer, contact_id, kept, consent)

    return await change.apply(decide)


async def _changed(
    change: OfflineChange,
    customer: Customer,
    contact_id: str,
    kept: dict[str, Any],
    consent: dict[str, Any],
) -> Decision:
    """Apply the fields that are left, and what is said about consent, which never conflicts."""
    prefix = f"contacts/{contact_id}/"
    current = under(prefix, _fields(cp.find(customer.contacts, contact_id)))
    if not consent and not conflicts(kept, current, UNKNOWN_CHANGES):
        return Decision(customer)
    left = ContactEdit.model_validate(without(prefix, kept) | consent)
    edit = contacts.editing(contact_id, left, if_match=ANY, context=change.context)
    return await edit(customer)


async def _add_contact(change: OfflineChange) -> int | None:
    new = change.parse(NewContact)
    contact_id = change.context.new_id()

    async def decide(customer: Customer) -> Decision:
        normal = await contacts.normal_value(new, customer, change.context)
        for contact in cp.of_kind(customer.contacts, new.kind):
            if normal and contact.normal == normal and contact.id != contact_id:
                return await _already_there(change, customer, contact, new)
        addition = new
        if new.primary:
            path = f"primary/{new.kind}"
            kept = change.settle(
                {path: new.value},
                customer,
                {path: cp.primary(customer.contacts, new.kind)},
                await change.since(customer),
            )
            addition = evolve(new, primary=bool(kept))
        add = contacts.adding(addition, contact_id, context=change.context)
        return await add(customer)

    return await change.apply(decide)


async def _already_there(
    change: OfflineChange, customer: Customer, existing: Contact, new: NewContact
) -> Decision:
    """Leave it if it says the same; else a person has to decide which of both is right."""
    prefix = f"contacts/{existing.id}/"
    given = new.model_dump(mode="json", by_alias=True, exclude_unset=True)
    told = {"kind", "value", CONSENT_FIELD, "consents"}
    details = {name: value for name, value in given.items() if name not in told}
    said = said_of(existing.id, new.marketing_consent, new.consents, "/body")
    offered, current = under(prefix, details), under(prefix, _fields(existing))
    open_conflicts = change.choice.open(conflicts(offered, current, UNKNOWN_CHANGES))
    if open_conflicts:
        raise Conflicting("already-there", open_conflicts, customer.version)
    kept = {path: value for path, value in offered.items() if path not in change.choice.left}
    decision = await _changed(change, customer, existing.id, kept, {})
    return replace(decision, details={CONSENT: Statement(said)}) if said else decision


def _fields(contact: Contact) -> dict[str, Any]:
    fields = contact.model_dump(mode="json", by_alias=True)
    return {name: fields[name] for name in ContactView.model_json_schema()["properties"]}
