"""What was done offline to contact points."""

from typing import Any

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
from shared.offline.apply import Conflicted, Offline
from shared.offline.domain.reconciliation import UNKNOWN, conflicts
from shared.offline.field_paths import given, under, with_primary, without, without_primary


class OfflineContact(ContactEdit):
    """A contact point that was added, or with `contactId` a merge patch of one."""

    contact_id: ContactId | None = None
    kind: cp.ContactKind | None = None


async def contact(offline: Offline) -> int | None:
    """Add a contact point, or change one where nobody else has."""
    edit = offline.parse(OfflineContact)
    if edit.contact_id is None:
        return await _add_contact(offline)
    contact_id = edit.contact_id
    body = given(edit, "contactId", "kind")

    async def decide(customer: Customer) -> Decision:
        prefix = f"contacts/{contact_id}/"
        one = cp.find(customer.contacts, contact_id)
        path = f"primary/{one.kind}"
        offered = with_primary(under(prefix, body), prefix, path, body.get("value", one.value))
        current = under(prefix, _fields(one)) | {path: cp.primary(customer.contacts, one.kind)}
        kept = offline.settle(offered, customer, current, await offline.since(customer))
        kept = without_primary(kept, offered, prefix, path)
        return await _changed(offline, customer, contact_id, kept)

    return await offline.change(decide)


async def _changed(
    offline: Offline, customer: Customer, contact_id: str, kept: dict[str, Any]
) -> Decision:
    prefix = f"contacts/{contact_id}/"
    current = under(prefix, _fields(cp.find(customer.contacts, contact_id)))
    if not conflicts(kept, current, UNKNOWN):
        return Decision(customer)
    left = ContactEdit.model_validate(without(prefix, kept))
    way = contacts.editing(contact_id, left, if_match=ANY, context=offline.context)
    return Decision(await way(customer))


async def _add_contact(offline: Offline) -> int | None:
    new = offline.parse(NewContact)
    contact_id = offline.context.new_id()

    async def decide(customer: Customer) -> Decision:
        normal = await contacts.normal_value(new, customer, offline.context)
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
            chosen = evolve(new, primary=bool(kept))
        way = contacts.adding(chosen, contact_id, context=offline.context)
        return Decision(await way(customer))

    return await offline.change(decide)


async def _already_there(
    offline: Offline, customer: Customer, there: Contact, new: NewContact
) -> Decision:
    """Let it be if it says the same; else which of both is right is for a person to say."""
    prefix = f"contacts/{there.id}/"
    given = new.model_dump(mode="json", by_alias=True, exclude_unset=True)
    told = {name: one for name, one in given.items() if name not in {"kind", "value"}}
    offered, current = under(prefix, told), under(prefix, _fields(there))
    found = offline.choice.open(conflicts(offered, current, UNKNOWN))
    if found:
        raise Conflicted("already-there", found, customer.version)
    kept = {path: one for path, one in offered.items() if path not in offline.choice.left}
    return await _changed(offline, customer, there.id, kept)


def _fields(one: Contact) -> dict[str, Any]:
    fields = one.model_dump(mode="json", by_alias=True)
    return {name: fields[name] for name in ContactView.model_json_schema()["properties"]}
