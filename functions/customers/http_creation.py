"""Creating customers over HTTP, and the defaults of new ones."""

import hashlib
from http import HTTPStatus
from typing import Annotated

import azure.functions as func
from pydantic import Field

from functions._admission import OWN_STORE, demand, demand_store
from functions._http.parsing import prefers
from functions._http.trigger import (
    CUSTOMER_ADD,
    CUSTOMER_EDIT,
    Call,
    Operation,
    Query,
    Reply,
    serve,
)
from shared.core.errors import Invalid
from shared.core.values import Key
from shared.customers.creation import creation
from shared.customers.creation.inheritance import customer_defaults
from shared.customers.creation.refusals import CREATION
from shared.customers.domain.creation import CustomerDefaults, NewCustomer
from shared.customers.domain.decisions import CONSENT
from shared.customers.field_rules.setting import check_may_set
from shared.customers.views import (
    CreatedCustomer,
    created_customer_view,
)

bp = func.Blueprint()

RESPOND_ASYNC = "respond-async"


class CreateQuery(Query):
    allow_duplicate: Annotated[
        bool,
        Field(
            description="Create the customer even if it may be a duplicate; needs POS operation 623"
        ),
    ] = False


class StoreQuery(Query):
    store: Annotated[
        Key, Field(description="Number of the store or online channel", examples=["HOUSTON"])
    ]


@serve(
    bp,
    Operation(
        "POST",
        "customers",
        who="EA",
        returns=CreatedCustomer,
        status=201,
        pos_operation=CUSTOMER_ADD,
        also_pos_operations=(CUSTOMER_EDIT,),
        tag="Customers",
        also=(202,),
        headers={
            "Prefer": "respond-async: create the customer without waiting for its account number"
        },
        refuses=(*OWN_STORE, *CREATION),
    ),
)
async def create_customer(call: Call[CreateQuery, NewCustomer]) -> Reply:
    """Create a customer.

    What is left out is inherited from the default customer of the store: type, group, receipt
    option, receipt e-mail, currency, language and affiliations; financial dimensions come from
    the customer group. Requests with the same Idempotency-Key create one customer.

    The answer is 202 for a customer whose account number follows within seconds: where the
    request says `Prefer: respond-async`, where the store creates customers asynchronously, or
    where no account number is available now; and where a decision about consent is kept, but not
    seen by every reader yet.
    """
    asynchronously, context = prefers(call.headers, RESPOND_ASYNC), call.context
    await demand_store(call, call.body.store_number)
    if call.query.allow_duplicate:
        await demand(call, CUSTOMER_EDIT)
    await check_may_set(call.caller.role, call.body, call.context)
    created = await creation.create_customer(
        call.body,
        context=context,
        allow_duplicate=call.query.allow_duplicate,
        asynchronously=asynchronously,
    )
    customer = created.customer.value
    call.asked_for = customer.id
    inherits_email = customer.receipt_email is not None and call.body.receipt_email is None
    warnings = created.inherited.warnings if inherits_email else ()
    reply = Reply(
        created_customer_view(customer, call.now, warnings, created.candidates),
        etag=created.customer.etag,
        location=call.url("customers", customer.id),
    )
    if customer.sync_status == "PendingSync" or CONSENT in context.left_to_feed:
        reply.status = HTTPStatus.ACCEPTED
    if asynchronously and reply.status:
        reply.headers["Preference-Applied"] = RESPOND_ASYNC
    return reply


@serve(
    bp,
    Operation(
        "GET",
        "customer-defaults",
        who="EAH",
        pos_operation=CUSTOMER_ADD,
        returns=CustomerDefaults,
        tag="Customers",
        refuses=(*OWN_STORE, Invalid),
    ),
)
async def get_customer_defaults(call: Call[StoreQuery, None]) -> Reply:
    """Get the defaults that a new customer of a store inherits.

    With warnings about defaults that are likely to be a mistake.
    """
    await demand_store(call, call.query.store)
    defaults = await customer_defaults(call.query.store, context=call.context)
    version = hashlib.sha256(defaults.model_dump_json().encode()).hexdigest()[:20]
    return Reply(defaults, etag=version)
