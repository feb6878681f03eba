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
from shared.offline.apply import Conflicted, Offline
from shared.offline.domain.reconciliation import FieldConflict


async def consent(offline: Offline) -> int | None:
    """Keep the decision of the customer; it is in force unless she has decided otherwise since."""
    new, context = offline.parse(NewConsent), offline.context
    decided_at = min(new.decided_at or offline.operation.at, context.now).astimezone(UTC)

    async def decide(customer: Customer) -> Decision:
        one = await _named(new, customer, offline)
        told = Consent(
            contact_id=one.id,
            kind=one.kind,
            value=one.value,
            **new.model_dump(include={"purpose", "decision", "source", "evidence"}),
            decided_at=decided_at,
            recorded_at=context.now,
            recorded_by=context.actor,
        )
        comes = await _comes_into_force(offline, customer, one, told)
        details = {ConsentDecisions.name: [told]}
        if not comes:
            return Decision(customer, details=details)
        decided = evolve(one, marketing_consent=told.decision, consent_at=told.decided_at)
        changed = cp.change(customer.contacts, decided)
        edited = customer.edited(context.actor, context.now, contacts=changed)
        return Decision(edited, details=details)

    return await offline.change(decide)


async def _comes_into_force(
    offline: Offline, customer: Customer, one: Contact, told: Consent
) -> bool:
    """Tell whether it does, or is only kept. Raises Conflicted where another one is newer."""
    path = f"contacts/{one.id}/marketingConsent"
    changed_at = one.consent_at
    if changed_at is None:  # nothing was ever said, or somebody has taken back what was
        touch = (await offline.since(customer)).touches.get(path)
        changed_at = touch.at if touch else None
    if changed_at is None or changed_at <= told.decided_at:
        return True
    if one.marketing_consent == told.decision:
        return False
    found = FieldConflict(
        field=path,
        current=one.marketing_consent,
        offline=told.decision,
        changed_at=changed_at,
    )
    if still := offline.choice.open((found,)):
        raise Conflicted("newer-consent", still, customer.version)
    return path not in offline.choice.left


async def _named(new: NewConsent, customer: Customer, offline: Offline) -> Contact:
    """Return the contact point that the decision is about. Raises ContactNotFound, Invalid."""
    if new.contact_id is not None:
        return cp.find(customer.contacts, new.contact_id)
    asked = NewContact(kind=new.kind or "email", value=new.value or "")
    normal = await contacts.normal_value(asked, customer, offline.context)
    for one in cp.of_kind(customer.contacts, asked.kind):
        if one.normal == normal:
            return one
    raise cp.ContactNotFound(f"The customer has no {asked.kind} {asked.value}.")
