"""What every operation on one customer begins with: which record is meant, and may the caller."""

from typing import Any

from functions._http import Call
from shared.domain.customers import CustomerInactive, CustomerNotFound, NotYourRecord
from shared.domain.pending import PendingEditNotAllowed
from shared.usecases.customers import resolve

REFUSES = (CustomerNotFound, NotYourRecord)
EDIT_REFUSES = (*REFUSES, CustomerInactive, PendingEditNotAllowed)


async def customer_key(call: Call[Any, Any]) -> str:
    """Return the GUID of the customer in the path. Raises CustomerNotFound, NotYourRecord.

    A customer asking for another record learns nothing of it, not even whether it is there.
    """
    asked = call.path["customerId"]
    claims = call.caller.claims
    if claims is None or claims.role != "Customer":
        return await resolve(asked, errand=call.errand)
    try:
        own = await resolve(claims.customer_id or "", errand=call.errand)
        if asked == own or own == await resolve(asked, errand=call.errand):
            return own
    except CustomerNotFound:
        pass
    raise NotYourRecord("You may see and change your own record only.")
