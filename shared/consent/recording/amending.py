"""What a customer shows once decisions were recorded."""

from collections.abc import Iterable

from shared.consent.domain.deciding import with_shown
from shared.consent.domain.purposes import CUSTOMER
from shared.consent.points import PointKey, point_of
from shared.consent.recording.recording import Recording
from shared.core.evolve import evolve
from shared.customers.domain.contacts import Contact
from shared.customers.domain.customers import Customer
from shared.customers.domain.decisions import Statement


def concerned(before: Customer | None, after: Customer, statement: Statement) -> list[Contact]:
    """Return the contact points that may have to show something else than they do."""
    is_older = before is not None and before.ledger is None
    known = {} if is_older or before is None else {one.id: one.normal for one in before.contacts}
    named = {said.contact_id for said in statement.said} | statement.renewed
    return [
        contact
        for contact in after.contacts
        if contact.id in named or contact.id not in known or known[contact.id] != contact.normal
    ]


def amended(recording: Recording, contacts: Iterable[Contact]) -> Customer:
    """Return the customer with the head of the ledger, and what is in force at each point."""
    customer = recording.customer
    shown_by = {contact.id: contact for contact in customer.contacts}
    for contact in contacts:
        key = point_of(contact)
        shown = recording.shown(key) if key else ()
        shown_by[contact.id] = with_shown(contact, shown, recording.purposes)
    own = PointKey(CUSTOMER, customer.id)
    return evolve(
        customer,
        contacts=tuple(shown_by.values()),
        consents=recording.shown(own) if own in recording.points else customer.consents,
        ledger=recording.head,
    )
