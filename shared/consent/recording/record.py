"""Recording a decision of a customer."""

from typing import Final, NamedTuple

from shared.consent import documents
from shared.consent.domain.consents import NewConsent
from shared.consent.domain.ledger import Entry
from shared.consent.recording.naming import said, touched
from shared.consent.recording.recording import Recording
from shared.context import Context
from shared.core.retry import ANY
from shared.customers.change import Decision, change
from shared.customers.customers import read_customer
from shared.customers.domain.customers import Customer
from shared.customers.domain.decisions import CONSENT, Statement

MAX_LOOKED_THROUGH: Final = 100  # newest entries, for one that the same request made before


class Recorded(NamedTuple):
    """The entry, the customer with it, and whether every reader sees the decision already."""

    entry: Entry
    customer: Customer
    is_settled: bool


async def record_consent(key: str, new: NewConsent, *, context: Context) -> Recorded:
    """Record a decision; a repeated request, known by its fingerprint, records no second one.

    A withdrawal is taken whatever became of the record. Raises CustomerNotFound, ContactNotFound,
    CustomerInactive, CustomerRestricted, CustomerErased, PendingEditNotAllowed, ConsentWithdrawn,
    ContactNotVerified, LedgerFull, Invalid.
    """
    earlier = await earlier_of(key, context)
    if earlier:
        # Whether it was settled is not known; the event of its version does it in any case.
        return Recorded(earlier, (await read_customer(key, context=context)).value, False)
    statement = Statement(is_decision=True)

    async def decide(customer: Customer) -> Decision:
        statement.said = [await said(new, customer, context)]
        return Decision(touched(customer, new, context), details={CONSENT: statement})

    withdraws = new.decision == "OptedOut"
    customer = await change(key, decide, if_match=ANY, context=context, withdraws=withdraws)
    recording: Recording = statement.result
    return Recorded(recording.entries[-1], customer.value, recording.is_settled)


async def earlier_of(key: str, context: Context) -> Entry | None:
    """Return what the same request recorded before, if it can be repeated. One query."""
    if context.fingerprint is None:
        return None
    page = await documents.query_entries(
        key, limit=MAX_LOOKED_THROUGH, continuation=None, context=context
    )
    return next((one for one in page.entries if one.made_by == context.fingerprint), None)
