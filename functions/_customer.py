"""The customer that an operation is about: resolved, and checked against the caller."""

from typing import Any

from functions._http.trigger import Call
from shared.customers.customers import resolve
from shared.customers.domain.customers import (
    CustomerErased,
    CustomerInactive,
    CustomerNotFound,
    CustomerRestricted,
    NotYourRecord,
)
from shared.customers.domain.pending_rules import PendingEditNotAllowed

REFUSES = (CustomerNotFound, NotYourRecord)
CLOSED = (CustomerInactive, CustomerRestricted, CustomerErased)
EDIT_REFUSES = (*REFUSES, *CLOSED, PendingEditNotAllowed)


async def customer_key(call: Call[Any, Any]) -> str:
    """Return the GUID of the customer in the path. Raises CustomerNotFound, NotYourRecord.

    A customer who requests another record learns nothing about it, not even whether it exists.
    """
    customer_id = call.path["customerId"]
    claims = call.caller.claims
    if claims is None or claims.role != "Customer":
        key = await resolve(customer_id, context=call.context)
        call.asked_for = key
        return key
    try:
        own = await resolve(claims.customer_id or "", context=call.context)
        if customer_id == own or own == await resolve(customer_id, context=call.context):
            return own
    except CustomerNotFound:
        pass
    raise NotYourRecord("Customers may read and change their own record only.")
