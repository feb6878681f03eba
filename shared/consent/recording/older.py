"""What contacts show that were stored before there were points: decisions without a ledger."""

from shared.consent.domain.ledger import whole_milliseconds
from shared.consent.domain.points import Stamp
from shared.consent.points import Settling, point_of
from shared.customers.domain.contacts import Contact
from shared.customers.domain.customers import Customer
from shared.customers.domain.decisions import MARKETING


def shown_before(customer: Customer) -> list[Settling]:
    """Return the decisions: withdrawals are strong, opt-ins weak, since no proof is known."""
    said = (_shown(contact, customer) for contact in customer.contacts)
    return [settling for settling in said if settling]


def _shown(contact: Contact, customer: Customer) -> Settling | None:
    key = point_of(contact)
    if key is None or contact.marketing_consent is None or contact.consents:
        return None
    stamp = Stamp(
        decision=contact.marketing_consent,
        decided_at=whole_milliseconds(contact.consent_at or customer.modified_at),
        source=None,
        customer_id=customer.id,
        sequence=0,
    )
    is_strong = contact.marketing_consent == "OptedOut"
    return Settling(key, stamp, MARKETING, None, is_strong)
