"""Whose a link is, and whether it may still show the contact point."""

from shared.consent.links.deciding_by_link import Chosen, contact_at
from shared.consent.links.tokens import LinkNotFound, PreferenceLink
from shared.context import Context
from shared.customers.customers import read_customer
from shared.customers.domain.contacts import Contact
from shared.customers.domain.customers import Customer, CustomerNotFound
from shared.customers.domain.decisions import Said


async def linked_customer(link: PreferenceLink, context: Context) -> Customer:
    """Return the customer. Raises LinkNotFound."""
    try:
        return (await read_customer(link.customer_id, context=context)).value
    except CustomerNotFound:
        raise LinkNotFound("The link is not valid any more.") from None


def linked_contact(link: PreferenceLink, customer: Customer, context: Context) -> Contact | None:
    """Return the contact point, where the link may still show it."""
    if customer.status in {"Merged", "Erased"}:
        return None
    named = Said("", None, point=link.point)
    return contact_at(customer, Chosen(link.contact_id, (named,)), context)
