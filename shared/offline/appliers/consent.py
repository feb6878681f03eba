"""What customers decided offline about their contact points."""

from shared.consent.domain.consents import NewConsent
from shared.consent.recording.naming import said, touched
from shared.customers.change import Decision
from shared.customers.domain.customers import NOWHERE, WHILE_RESTRICTED, Customer
from shared.customers.domain.decisions import CONSENT, Statement
from shared.offline.offline_change import OfflineChange


async def apply_consent(change: OfflineChange) -> int | None:
    """Record the decision as of when it was taken; it never waits for a person to decide.

    Whether it is in force follows from what else was decided about the contact point.
    """
    new, context = change.parse(NewConsent), change.context

    async def decide(customer: Customer) -> Decision:
        statement = Statement([await said(new, customer, context)])
        return Decision(touched(customer, new, context), details={CONSENT: statement})

    passes = WHILE_RESTRICTED if new.decision == "OptedOut" else NOWHERE
    return await change.apply(decide, passes=passes)
