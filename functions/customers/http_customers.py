"""Customers over HTTP."""

import azure.functions as func

from functions._customer import CLOSED, EDIT_REFUSES, REFUSES, customer_key, editable_key
from functions._http.trigger import (
    CUSTOMER_EDIT,
    CUSTOMER_READ,
    JSON,
    MERGE_PATCH,
    Call,
    NoQuery,
    Operation,
    Reply,
    serve,
)
from shared.configuration.domain.collections import StillInUse
from shared.customers import customers as usecases
from shared.customers import documents
from shared.customers.domain.customers import (
    CustomerEdit,
    FieldNotAllowed,
)
from shared.customers.external_ids.claiming import ExternalIdTaken
from shared.customers.field_rules.seeing import shown_to
from shared.customers.field_rules.setting import check_may_set
from shared.customers.views import CustomerSelfView, CustomerView, customer_view

bp = func.Blueprint()


@serve(
    bp,
    Operation(
        "GET",
        "customers/{customerId}",
        who="ECAH",
        pos_operation=CUSTOMER_READ,
        returns=CustomerView | CustomerSelfView,
        tag="Customers",
        refuses=REFUSES,
    ),
)
async def get_customer(call: Call[NoQuery, None]) -> Reply:
    """Get a customer.

    Account number and GUID name the same resource. Customers are shown less of their own record:
    neither who works for the company, nor what it keeps for itself.
    """
    key = await customer_key(call)
    document = await documents.read_document(key, call.context)
    view = await shown_to(call.caller.role, document.body, call.context)
    return Reply(view, etag=document.etag)


@serve(
    bp,
    Operation(
        "PATCH",
        "customers/{customerId}",
        who="ECAH",
        returns=CustomerView | CustomerSelfView,
        pos_operation=CUSTOMER_EDIT,
        if_match="required",
        media_types=(MERGE_PATCH, JSON),
        tag="Customers",
        refuses=(*EDIT_REFUSES, FieldNotAllowed, ExternalIdTaken),
    ),
)
async def edit_customer(call: Call[NoQuery, CustomerEdit]) -> Reply:
    """Update a customer.

    The body is a JSON merge patch: null removes a value, and a field that is left out stays. An
    Employee changes `customerGroup`, `affiliations`, `currency`, `addressBooks`, `externalIds` and
    attributes of head office only as far as the parameter `employeeFields` lists them; a Customer
    none of them, and of the attributes those of `selfService: write`.
    """
    key = await editable_key(call)
    await check_may_set(call.caller.role, call.body, call.context)
    customer = await usecases.edit_customer(
        key, call.body, if_match=call.version, context=call.context
    )
    body = documents.customer_document(customer.value)
    view = await shown_to(call.caller.role, body, call.context)
    return Reply(view, etag=customer.etag)


@serve(
    bp,
    Operation(
        "DELETE",
        "customers/{customerId}",
        who="AH",
        status=204,
        if_match="required",
        tag="Customers",
        refuses=(*REFUSES, *CLOSED, StillInUse),
    ),
)
async def deactivate_customer(call: Call[NoQuery, None]) -> Reply:
    """Deactivate a customer.

    The customer leaves search and client books; the record is kept and can be restored.
    """
    key = await customer_key(call)
    await usecases.deactivate_customer(key, if_match=call.version, context=call.context)
    return Reply()


@serve(
    bp,
    Operation(
        "POST",
        "customers/{customerId}/restoration",
        who="AH",
        returns=CustomerView,
        tag="Customers",
        refuses=(*REFUSES, *CLOSED),
    ),
)
async def restore_customer(call: Call[NoQuery, None]) -> Reply:
    """Restore a deactivated customer.

    A customer that is active already stays as it is.
    """
    key = await customer_key(call)
    customer = await usecases.restore_customer(key, context=call.context)
    return Reply(customer_view(customer.value, call.now), etag=customer.etag)
