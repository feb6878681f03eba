"""Addresses of a customer over HTTP."""

from typing import Annotated

import azure.functions as func
from pydantic import Field

from functions._customer import CLOSED, EDIT_REFUSES, REFUSES, key_of_parts
from functions._http.trigger import (
    CUSTOMER_EDIT,
    CUSTOMER_READ,
    JSON,
    MERGE_PATCH,
    Call,
    NoQuery,
    Operation,
    PageOf,
    PageQuery,
    Query,
    Reply,
    serve,
)
from shared.core.errors import Invalid, Stale
from shared.customers import addresses as usecases
from shared.customers.domain.addresses import (
    Address,
    AddressEdit,
    AddressId,
    AddressInactive,
    AddressNotFound,
    NewAddress,
    TooManyAddresses,
)
from shared.customers.domain.customers import DefaultCustomer
from shared.customers.domain.pending_rules import PendingEditNotAllowed
from shared.customers.views import stored_address_view

bp = func.Blueprint()

ONE = "customers/{customerId}/addresses/{addressId}"


class ListedAddress(Address):
    """An address of a list, with its version."""

    etag: str = Field(description="Version of the address, for If-Match", examples=["7d1e"])


class SuccessorQuery(Query):
    primary: Annotated[
        AddressId | None, Field(description="Id of the address that becomes primary instead")
    ] = None


@serve(
    bp,
    Operation(
        "GET",
        "customers/{customerId}/addresses",
        who="ECAH",
        pos_operation=CUSTOMER_READ,
        returns=PageOf[ListedAddress],
        tag="Addresses",
        refuses=REFUSES,
    ),
)
async def list_addresses(call: Call[PageQuery, None]) -> Reply:
    """List the addresses of a customer.

    Addresses in force, oldest first; deactivated ones are left out.
    """
    key = await key_of_parts(call, to_edit=False)
    page = await usecases.list_addresses(
        key, limit=call.query.limit, continuation=call.position(), context=call.context
    )
    items = [stored_address_view(document) for document in page.documents]
    return Reply(call.page(items, page.continuation))


@serve(
    bp,
    Operation(
        "POST",
        "customers/{customerId}/addresses",
        who="ECAH",
        returns=Address,
        status=201,
        pos_operation=CUSTOMER_EDIT,
        tag="Addresses",
        refuses=(*EDIT_REFUSES, Stale, TooManyAddresses),
    ),
)
async def add_address(call: Call[NoQuery, NewAddress]) -> Reply:
    """Add an address to a customer.

    The first address is the primary one. Name and phone come from the customer, and the country
    from the store, where the request leaves them out.
    """
    key = await key_of_parts(call)
    address = await usecases.add_address(key, call.body, context=call.context)
    location = call.url("customers", key, "addresses", address.value.id)
    return Reply(address.value, etag=address.etag, location=location)


@serve(
    bp,
    Operation("GET", ONE, who="ECAH", pos_operation=CUSTOMER_READ, returns=Address, tag="Addresses",
              refuses=(*REFUSES, AddressNotFound)),
)  # fmt: skip
async def get_address(call: Call[NoQuery, None]) -> Reply:
    """Get an address of a customer.

    A deactivated address can still be read.
    """
    key = await key_of_parts(call, to_edit=False)
    address = await usecases.read_address(key, call.path["addressId"], context=call.context)
    return Reply(address.value, etag=address.etag)


@serve(
    bp,
    Operation(
        "PATCH",
        ONE,
        who="ECAH",
        returns=Address,
        pos_operation=CUSTOMER_EDIT,
        if_match="required",
        media_types=(MERGE_PATCH, JSON),
        tag="Addresses",
        refuses=(
            *REFUSES,
            DefaultCustomer,
            AddressNotFound,
            AddressInactive,
            *CLOSED,
            PendingEditNotAllowed,
        ),
    ),
)
async def edit_address(call: Call[NoQuery, AddressEdit]) -> Reply:
    """Update an address of a customer.

    The body is a JSON merge patch. `primary: true` makes it the primary address in place of the
    current one.
    """
    key = await key_of_parts(call)
    address = await usecases.edit_address(
        key, call.path["addressId"], call.body, if_match=call.version, context=call.context
    )
    return Reply(address.value, etag=address.etag)


@serve(
    bp,
    Operation(
        "DELETE",
        ONE,
        who="ECAH",
        status=204,
        pos_operation=CUSTOMER_EDIT,
        if_match="required",
        tag="Addresses",
        refuses=(
            *REFUSES,
            DefaultCustomer,
            AddressNotFound,
            AddressInactive,
            *CLOSED,
            PendingEditNotAllowed,
            Invalid,
        ),
    ),
)
async def deactivate_address(call: Call[SuccessorQuery, None]) -> Reply:
    """Deactivate an address of a customer.

    The address leaves the list; its record is kept, with the time of its end.
    """
    key = await key_of_parts(call)
    await usecases.end_address(
        key,
        call.path["addressId"],
        successor=call.query.primary,
        if_match=call.version,
        context=call.context,
    )
    return Reply()
