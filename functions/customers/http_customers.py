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
        Field(description="Make it though it may be a duplicate; takes POS operation 623"),
    ] = False


class StoreQuery(Query):
    store: Annotated[Key, Field(description="The number of the store")]


@serve(
    bp,
    Operation(
        "POST",
        "customers",
        who="EA",
        returns=CreatedCustomer,
        status=201,
        pos_operation=CUSTOMER_ADD,
        tag="Customers",
        also=(202,),
        headers={"Prefer": "respond-async makes it without waiting for an account number"},
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
    """Make a customer.

    What is left out is inherited from the default customer of the store: type, group, receipt
    option, receipt e-mail, currency, language and affiliations; financial dimensions come from
    the customer group. The same Idempotency-Key makes one customer, however often it is sent.
    202 is answered for a customer whose account number follows within seconds: where
    `Prefer: respond-async` asks for it, where the store works so, or where none can be had now.
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
    """Read a customer by account number or GUID: both name the same resource."""
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
    """Change a customer by JSON merge patch: null takes a value away, what is left out stays.

    A customer may change what is her own to tell, not what the company decides about her.
    """
    key = await customer_key(call)
    kept_from_her = sorted(STAFF_ONLY & call.body.model_fields_set)
    if call.caller.role == "Customer" and kept_from_her:
        fields = [to_camel(name) for name in kept_from_her]
        raise FieldNotAllowed(f"The company sets {', '.join(fields)}.", fields=fields)
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
    """Deactivate a customer: it leaves search and client books, and its record stays."""
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
    """Make a deactivated customer active again; one that is active stays as it is."""
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
    """Tell what a new customer of a store would inherit, and what to be careful about."""
    defaults = await customer_defaults(call.query.store, context=call.context)
    version = hashlib.sha256(defaults.model_dump_json().encode()).hexdigest()[:20]
    return Reply(defaults, etag=version)
