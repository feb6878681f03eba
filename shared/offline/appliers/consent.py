"""What customers decided offline about their contact points."""

from datetime import UTC

from shared.consent.domain.consents import Consent, NewConsent
from shared.consent.participant import ConsentDecisions
from shared.core.evolve import evolve
from shared.customers import contacts
from shared.customers.change import Decision
from shared.customers.domain import contacts as cp
from shared.customers.domain.contacts import Contact, NewContact
from shared.customers.domain.customers import Customer
from shared.offline.domain.reconciliation import FieldConflict
from shared.offline.offline_change import Conflicting, OfflineChange


async def apply_consent(change: OfflineChange) -> int | None:
    """Record the customer's decision; it is in force unless they have decided otherwise since."""
    new, context = change.parse(NewConsent), change.context
    decided_at = min(new.decided_at or change.operation.at, context.now).astimezone(UTC)

    async def decide(customer: Customer) -> Decision:
        contact = await _contact(new, customer, change)
        consent = Consent(
            contact_id=contact.id,
            kind=contact.kind,
            value=contact.value,
            **new.model_dump(include={"purpose", "decision", "source", "evidence"}),
            decided_at=decided_at,
            recorded_at=context.now,
            recorded_by=context.actor,
        )
        details = {ConsentDecisions.name: [consent]}
        if not await _comes_into_force(change, customer, contact, consent):
            return Decision(customer, details=details)
        decided = evolve(contact, marketing_consent=consent.decision, consent_at=consent.decided_at)
        changed = cp.change(customer.contacts, decided)
        edited = customer.edited(context.actor, context.now, contacts=changed)
        return Decision(edited, details=details)

    return await change.apply(decide)


async def _comes_into_force(
    change: OfflineChange, customer: Customer, contact: Contact, consent: Consent
) -> bool:
    """Return False if it is only recorded. Raises Conflicting where another one is newer."""
    path = f"contacts/{contact.id}/marketingConsent"
    changed_at = contact.consent_at
    if changed_at is None:  # there never was a decision, or it was taken back
        later = (await change.since(customer)).fields.get(path)
        changed_at = later.at if later else None
    if changed_at is None or changed_at <= consent.decided_at:
        return True
    if contact.marketing_consent == consent.decision:
        return False
    conflict = FieldConflict(
        field=path,
        current=contact.marketing_consent,
        offline=consent.decision,
        changed_at=changed_at,
    )
    if open_conflicts := change.choice.open((conflict,)):
        raise Conflicting("newer-consent", open_conflicts, customer.version)
    return path not in change.choice.left


async def _contact(new: NewConsent, customer: Customer, change: OfflineChange) -> Contact:
    """Return the contact point that the decision is about. Raises ContactNotFound, Invalid."""
    if new.contact_id is not None:
        return cp.find(customer.contacts, new.contact_id)
    named = NewContact(kind=new.kind or "email", value=new.value or "")
    normal = await contacts.normal_value(named, customer, change.context)
    for contact in cp.of_kind(customer.contacts, named.kind):
        if contact.normal == normal or contact.value == named.value:
            return contact
    raise cp.ContactNotFound(f"The customer has no {named.kind} {named.value}.")
