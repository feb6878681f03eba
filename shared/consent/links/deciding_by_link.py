"""Recording what somebody decides who has followed a link that was sent to a contact point."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from shared.consent.points import PointKey, point_of, read_point
from shared.consent.recording.record import Recorded, earlier_of
from shared.consent.recording.recording import Recording
from shared.context import Context
from shared.core.evolve import evolve
from shared.core.retry import ANY
from shared.customers.change import Decision, change
from shared.customers.domain.contacts import Contact
from shared.customers.domain.customers import EVERYWHERE, NOWHERE, Customer
from shared.customers.domain.decisions import CONSENT, PointName, Said, Statement


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is decided about one point, by the contact that the link was sent to."""

    contact_id: str
    said: Sequence[Said]


async def decide_by_link(key: str, chosen: Chosen, *, context: Context) -> Recorded:
    """Record the decisions as the customer's own, whatever became of the record.

    Where the contact point has another value by now, they are about the one it had. A repeated
    request, known by its fingerprint, records nothing. Raises CustomerNotFound, Invalid.
    """
    context = replace(context, actor=f"customer:{key}", source=None)
    statement = Statement()
    names = await _known_points(chosen, context)

    async def decide(customer: Customer) -> Decision:
        if earlier := await earlier_of(customer.id, context):
            statement.result = earlier
            return Decision(customer)
        contact = contact_at(customer, chosen, context)
        statement.said = [_said(said, contact, names) for said in chosen.said]
        touched = evolve(
            customer,
            modified_at=context.now,
            modified_by=context.actor,
            contacts=_verified(customer, contact, context),
        )
        return Decision(touched, details={CONSENT: statement})

    withdraws = all(said.decision == "OptedOut" for said in chosen.said)
    passes = EVERYWHERE if withdraws else NOWHERE
    customer = await change(key, decide, if_match=ANY, context=context, feature=None, passes=passes)
    recording = statement.result
    if isinstance(recording, Recording):
        return Recorded(recording.entries[-1], customer.value, recording.is_settled)
    return Recorded(recording, customer.value, True)


def contact_at(customer: Customer, chosen: Chosen, context: Context) -> Contact | None:
    """Return the contact that has the point still, or None."""
    hashes = {said.point.hash for said in chosen.said if said.point}
    for contact in customer.contacts:
        point = point_of(contact)
        if contact.id == chosen.contact_id and point and point.name(context) in hashes:
            return contact
    return None


async def _known_points(chosen: Chosen, context: Context) -> dict[str, PointName]:
    """Return the points by their hashes, with their values where these are known."""
    found: dict[str, PointName] = {}
    for said in chosen.said:
        if said.point and said.point.hash not in found:
            key = PointKey(said.point.kind, "", said.point.hash)
            value = (await read_point(key, context)).value.value
            found[said.point.hash] = replace(said.point, normal=value or "")
    return found


def _said(said: Said, contact: Contact | None, names: dict[str, PointName]) -> Said:
    if contact:
        return replace(said, contact_id=contact.id, point=None)
    return replace(said, contact_id="", point=names[said.point.hash] if said.point else None)


def _verified(customer: Customer, contact: Contact | None, context: Context) -> tuple[Contact, ...]:
    """Return the contacts, with it known whose the one is."""
    if contact is None or contact.verified_at:
        return customer.contacts
    verified = evolve(contact, verified_at=context.now)
    return tuple(verified if one.id == contact.id else one for one in customer.contacts)
