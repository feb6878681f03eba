"""Customers over HTTP."""

import hashlib
from http import HTTPStatus
from typing import Annotated

import azure.functions as func
from pydantic import Field
from pydantic.alias_generators import to_camel

from functions._customer import EDIT_REFUSES, REFUSES, customer_key
from functions._http import Call, NoQuery, Operation, Query, Reply, serve
from functions._http.operation import JSON, MERGE_PATCH
from functions._http.parsing import prefers
from shared.configuration.domain.collections import StillInUse
from shared.configuration.domain.features import FeatureOff
from shared.configuration.domain.number_sequences import NumberSequenceExhausted
from shared.configuration.number_blocks import NumberSequenceNotFound
from shared.configuration.permissions import check_pos_operation
from shared.core.errors import Invalid
from shared.core.values import Key
from shared.customers import customers as usecases
from shared.customers import documents
from shared.customers.creation import creation
from shared.customers.creation.inheritance import customer_defaults
from shared.customers.directory.duplicates import PossibleDuplicate
from shared.customers.domain.contacts import ContactExists, SecondaryContactsOff, TooManyContacts
from shared.customers.domain.creation import CustomerDefaults, NewCustomer
from shared.customers.domain.customers import (
    STAFF_ONLY,
    CustomerEdit,
    CustomerExists,
    FieldNotAllowed,
)
from shared.customers.views import (
    CreatedCustomer,
    CustomerView,
    created_customer_view,
    customer_view,
    stored_customer_view,
)

bp = func.Blueprint()

CUSTOMER_ADD, CUSTOMER_EDIT = 612, 623
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
        refuses=(
            CustomerExists,
            FeatureOff,
            PossibleDuplicate,
            ContactExists,
            SecondaryContactsOff,
            TooManyContacts,
            NumberSequenceNotFound,
            NumberSequenceExhausted,
        ),
    ),
)
async def create_customer(call: Call[CreateQuery, NewCustomer]) -> Reply:
    """Create a customer.

    What is left out is inherited from the default customer of the store: type, group, receipt
    option, receipt e-mail, currency, language and affiliations; financial dimensions come from
    the customer group. Requests with the same Idempotency-Key create one customer.

    The answer is 202 for a customer whose account number follows within seconds: where the
    request says `Prefer: respond-async`, where the store creates customers asynchronously, or
    where no account number is available now.
    """
    if call.query.allow_duplicate:
        await check_pos_operation(
            call.caller.claims, CUSTOMER_EDIT, call.legal_entity, call.backend.configuration
        )
    asynchronously = prefers(call.headers, RESPOND_ASYNC)
    created = await creation.create_customer(
        call.body,
        context=call.context,
        allow_duplicate=call.query.allow_duplicate,
        asynchronously=asynchronously,
    )
    customer = created.customer.value
    inherits_email = customer.receipt_email is not None and call.body.receipt_email is None
    warnings = created.inherited.warnings if inherits_email else ()
    reply = Reply(
        created_customer_view(customer, warnings, created.candidates),
        etag=created.customer.etag,
        location=call.url("customers", customer.id),
    )
    if customer.sync_status == "PendingSync":
        reply.status = HTTPStatus.ACCEPTED
    if asynchronously and reply.status:
        reply.headers["Preference-Applied"] = RESPOND_ASYNC
    return reply


@serve(
    bp,
    Operation(
        "GET",
        "customers/{customerId}",
        who="ECAH",
        returns=CustomerView,
        tag="Customers",
        refuses=REFUSES,
    ),
)
async def get_customer(call: Call[NoQuery, None]) -> Reply:
    """Get a customer.

    Account number and GUID name the same resource.
    """
    key = await customer_key(call)
    document = await documents.read_document(key, call.context)
    return Reply(stored_customer_view(document.body), etag=document.etag)


@serve(
    bp,
    Operation(
        "PATCH",
        "customers/{customerId}",
        who="ECA",
        returns=CustomerView,
        pos_operation=CUSTOMER_EDIT,
        if_match="required",
        media_types=(MERGE_PATCH, JSON),
        tag="Customers",
        refuses=(*EDIT_REFUSES, FieldNotAllowed),
    ),
)
async def edit_customer(call: Call[NoQuery, CustomerEdit]) -> Reply:
    """Update a customer.

    The body is a JSON merge patch: null removes a value, and a field that is left out stays. In
    the role Customer, the fields that the company decides cannot be changed.
    """
    key = await customer_key(call)
    staff_fields = sorted(STAFF_ONLY & call.body.model_fields_set)
    if call.caller.role == "Customer" and staff_fields:
        fields = [to_camel(name) for name in staff_fields]
        raise FieldNotAllowed(f"Only the company can change {', '.join(fields)}.", fields=fields)
    customer = await usecases.edit_customer(
        key, call.body, if_match=call.version, context=call.context
    )
    return Reply(customer_view(customer.value), etag=customer.etag)


@serve(
    bp,
    Operation(
        "DELETE",
        "customers/{customerId}",
        who="AH",
        status=204,
        if_match="required",
        tag="Customers",
        refuses=(*REFUSES, StillInUse),
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
        refuses=REFUSES,
    ),
)
async def restore_customer(call: Call[NoQuery, None]) -> Reply:
    """Restore a deactivated customer.

    A customer that is active already stays as it is.
    """
    key = await customer_key(call)
    customer = await usecases.restore_customer(key, context=call.context)
    return Reply(customer_view(customer.value), etag=customer.etag)


@serve(
    bp,
    Operation(
        "GET",
        "customer-defaults",
        who="EAH",
        returns=CustomerDefaults,
        tag="Customers",
        refuses=(Invalid,),
    ),
)
async def get_customer_defaults(call: Call[StoreQuery, None]) -> Reply:
    """Get the defaults that a new customer of a store inherits.

    With warnings about defaults that are likely to be a mistake.
    """
    defaults = await customer_defaults(call.query.store, context=call.context)
    version = hashlib.sha256(defaults.model_dump_json().encode()).hexdigest()[:20]
    return Reply(defaults, etag=version)
