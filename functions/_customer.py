"""What every operation on one customer begins with: which record is meant, and may the caller."""

from typing import Any

from functions._http import Call
from shared.customers.customers import resolve
from shared.customers.domain.customers import CustomerInactive, CustomerNotFound, NotYourRecord
from shared.customers.domain.pending_rules import PendingEditNotAllowed

REFUSES = (CustomerNotFound, NotYourRecord)
EDIT_REFUSES = (*REFUSES, CustomerInactive, PendingEditNotAllowed)


async def customer_key(call: Call[Any, Any]) -> str:
    """Return the GUID of the customer in the path. Raises CustomerNotFound, NotYourRecord.

    A customer asking for another record learns nothing of it, not even whether it is there.
    """
    asked = call.path["customerId"]
    claims = call.caller.claims
    if claims is None or claims.role != "Customer":
        return await resolve(asked, context=call.context)
    try:
        own = await resolve(claims.customer_id or "", context=call.context)
        if asked == own or own == await resolve(asked, context=call.context):
            return own
    except CustomerNotFound:
        pass
    raise NotYourRecord("You may see and change your own record only.")
