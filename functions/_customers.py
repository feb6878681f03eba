"""What every operation on one customer begins with: which record is meant, and may the caller."""

from typing import Any

from functions._http import Call
from shared.domain.customers import CustomerNotFound, NotYourRecord
from shared.usecases.customers import resolve

REFUSES = (CustomerNotFound, NotYourRecord)


async def customer_key(call: Call[Any, Any]) -> str:
    """Return the GUID of the customer in the path. Raises CustomerNotFound, NotYourRecord.

    A customer asking for another record learns nothing of it, not even whether it is there.
    """
    customer_id = call.path["customerId"]
    if call.caller.role != "Customer":
        return await resolve(customer_id, errand=call.errand)
    try:
        key = await resolve(customer_id, errand=call.errand)
    except CustomerNotFound:
        key = ""
    if not key or not call.caller.is_customer(key, customer_id):
        raise NotYourRecord("You may see and change your own record only.")
    return key
