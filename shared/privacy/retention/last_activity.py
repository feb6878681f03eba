"""When a customer was last active: bought, was noted something about, or decided."""

from datetime import datetime

from shared.consent.consents import list_consents
from shared.context import Context
from shared.customers.domain.customers import Customer
from shared.timeline.activities import newest_activity
from shared.timeline.notes import list_notes


async def last_active_at(customer: Customer, context: Context) -> datetime:
    """Return the latest of the last change, activity, note and own decision. Three queries."""
    moments = [customer.modified_at]
    if activity := await newest_activity(customer.id, context=context):
        moments.append(activity.occurred_at)
    notes = await list_notes(customer.id, limit=1, position=None, context=context)
    moments += [note.value.created_at for note in notes.notes]
    ledger = await list_consents(customer.id, limit=20, continuation=None, context=context)
    own = (entry.core for entry in ledger.entries if not entry.core.inherited)
    moments += [datetime.fromisoformat(core.decided_at) for core in own]
    return max(moments)
