"""Points of customers who were stored before there were any: what their contacts say is joined."""

from typing import Final

from shared.consent.domain.ledger import whole_milliseconds
from shared.consent.domain.points import Stamp
from shared.consent.points import PointKey, Settling, follow, holding, point_of
from shared.consent.spreading.propagation import renew
from shared.consent.spreading.versions import customer_at
from shared.context import Context
from shared.customers.domain.contacts import Contact
from shared.customers.domain.customers import Customer
from shared.customers.domain.decisions import MARKETING

FIRST_SCHEMA_WITH_POINTS: Final = 4  # of stored customers


async def index_points(key: str, version: int, *, context: Context) -> int:
    """Register a customer at the points of the contacts, with what these say; return how many.

    Repeating it changes nothing. Raises Unavailable.
    """
    customer = await customer_at(key, version, context)
    contacts = {found: one for one in customer.contacts if (found := point_of(one))}
    for point_key, contact in contacts.items():
        settlings = _said(contact, point_key, customer)
        own = holding(customer, point_key)
        point = await follow(point_key, own, settlings, context)
        await renew(own, key=point_key, point=point, context=context)
    return len(contacts)


def _said(contact: Contact, key: PointKey, customer: Customer) -> list[Settling]:
    """Return the decision that the contact shows without knowing of its point: an old one."""
    if contact.marketing_consent is None or contact.consents:
        return []
    stamp = Stamp(
        decision=contact.marketing_consent,
        decided_at=whole_milliseconds(contact.consent_at or customer.modified_at),
        source=None,
        customer_id=customer.id,
        sequence=0,
    )
    is_withdrawal = contact.marketing_consent == "OptedOut"
    return [Settling(key, stamp, MARKETING, None, is_strong=is_withdrawal)]
