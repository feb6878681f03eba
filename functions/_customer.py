"""The customer that an operation is about: resolved, and checked against the caller."""

from typing import Any

from functions._http.caller import RoleNotAllowed
from functions._http.trigger import Call
from shared.customers.customers import check_not_default, is_default_customer, resolve
from shared.customers.domain.customers import (
    CustomerErased,
    CustomerInactive,
    CustomerNotFound,
    CustomerRestricted,
    DefaultCustomer,
    NotYourRecord,
)
from shared.customers.domain.pending_rules import PendingEditNotAllowed

REFUSES = (CustomerNotFound, NotYourRecord)
CLOSED = (CustomerInactive, CustomerRestricted, CustomerErased)
EDIT_REFUSES = (*REFUSES, *CLOSED, PendingEditNotAllowed, DefaultCustomer)
HEAD_OFFICE = "Administrator"


async def customer_key(call: Call[Any, Any]) -> str:
    """Return the GUID of the customer in the path. Raises CustomerNotFound, NotYourRecord.

    A customer who requests another record learns nothing about it, not even whether it exists.
    """
    customer_id = call.path["customerId"]
    claims = call.caller.verified
    if claims.role != "Customer":
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


async def editable_key(call: Call[Any, Any]) -> str:
    """Return the GUID of the customer in the path, whom the caller may edit.

    The default customer of a store is configuration: head office alone edits it. Raises
    DefaultCustomer, and as `customer_key`.
    """
    key = await customer_key(call)
    if call.caller.role != HEAD_OFFICE:
        await check_not_default(key, call.context)
    return key


async def key_of_parts(call: Call[Any, Any], *, to_edit: bool = True) -> str:
    """Return the GUID of the customer whose addresses or contacts are asked for.

    Head office has those of default customers, and of nobody else. Raises RoleNotAllowed, and as
    `editable_key`, or `customer_key` where they are not to be edited.
    """
    if call.caller.role != HEAD_OFFICE:
        return await (editable_key(call) if to_edit else customer_key(call))
    key = await customer_key(call)
    if not await is_default_customer(key, call.context):
        raise RoleNotAllowed(
            "Head office keeps addresses and contacts of default customers.",
            requiredRoles=["Employee", "Customer", "Application"],
        )
    return key
