"""Which contact point of a customer a decision is about."""

from shared.consent.domain.consents import NewConsent
from shared.context import Context
from shared.core.evolve import evolve
from shared.customers import contacts
from shared.customers.domain import contacts as cp
from shared.customers.domain.contacts import NewContact
from shared.customers.domain.customers import Customer
from shared.customers.domain.decisions import Said


def touched(customer: Customer, new: NewConsent, context: Context) -> Customer:
    """Return the customer as changed now. Raises CustomerInactive for an opt-in."""
    if new.decision == "OptedIn":
        return customer.edited(context.actor, context.now)
    return evolve(customer, modified_at=context.now, modified_by=context.actor)


async def said(new: NewConsent, customer: Customer, context: Context) -> Said:
    """Return the decision about a point of the customer. Raises ContactNotFound, Invalid."""
    return Said(
        await _contact_id(new, customer, context),
        new.decision,
        new.purpose,
        new.channel,
        new.source,
        new.evidence,
        new.decided_at,
    )


async def _contact_id(new: NewConsent, customer: Customer, context: Context) -> str:
    """Return the id of the contact point; an empty one is the person."""
    if new.contact_id is not None:
        return cp.find(customer.contacts, new.contact_id).id
    if new.kind == "customer":
        return ""
    named = NewContact(kind=new.kind or "email", value=new.value or "")
    normal = await contacts.normal_value(named, customer, context)
    for contact in cp.of_kind(customer.contacts, named.kind):
        if contact.value == named.value or (normal and contact.normal == normal):
            return contact.id
    raise cp.ContactNotFound(f"The customer has no {named.kind} {named.value}.")
