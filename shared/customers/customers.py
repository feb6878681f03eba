"""Reading, editing, deactivating and restoring existing customers."""

import re
from collections.abc import AsyncIterator, Mapping
from typing import Any

from shared.configuration.domain.attributes import check_patch, listed
from shared.configuration.domain.collections import STORES, StillInUse
from shared.configuration.setting_checks import used_by
from shared.configuration.settings import all_settings
from shared.context import Context
from shared.core.retry import ANY
from shared.core.versioned import Versioned
from shared.customers import documents
from shared.customers.change import Decision, Edit, change, only
from shared.customers.domain.customers import (
    Customer,
    CustomerEdit,
    CustomerInactive,
    CustomerNotFound,
    DefaultCustomer,
    merged,
)
from shared.customers.named_settings import check_named, definitions, dimensions
from shared.ports.documents import Documents

EVENT = documents.EVENT  # the type of the documents that hold events
GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


async def resolve(customer_id: str, *, context: Context) -> str:
    """Return the GUID that an account number or a GUID names. Raises CustomerNotFound."""
    if GUID.fullmatch(customer_id):
        return customer_id.lower()
    key = await context.accounts.customer_key(context.legal_entity, customer_id)
    if key is None:
        raise CustomerNotFound(f"There is no customer {customer_id}.")
    return key


async def is_default_customer(key: str, context: Context) -> bool:
    """Return whether new customers of a store inherit from this one. One query, cached."""
    return key in await context.configuration.derived(
        context.legal_entity, "default-customers", "", lambda: _default_customers(context)
    )


async def _default_customers(context: Context) -> frozenset[str]:
    stores = await all_settings(STORES, context=context)
    return frozenset(one.default_customer_id for one in stores if one.default_customer_id)


async def check_not_default(key: str, context: Context) -> None:
    """Raise DefaultCustomer if it is the default customer of a store."""
    if await is_default_customer(key, context):
        raise DefaultCustomer("It is the default customer of a store: head office changes it.")


async def customer_exists(store: Documents, legal_entity: str, key: str) -> bool:
    """Return whether there is a customer of this GUID. One point read."""
    return await documents.exists(store, legal_entity, key)


async def read_customer(key: str, *, context: Context) -> Versioned[Customer]:
    """Return the customer by its GUID. One point read. Raises CustomerNotFound."""
    return await documents.load(key, context)


async def read_active_customer(key: str, *, context: Context) -> Versioned[Customer]:
    """Return the customer by its GUID. Raises CustomerNotFound, CustomerInactive."""
    customer = await documents.load(key, context)
    check_active(customer.value)
    return customer


async def read_events(
    key: str, start: int, end: int, *, limit: int, context: Context
) -> list[Mapping[str, Any]]:
    """Return the events of the versions from `start` to before `end`, at most `limit`.

    One query, or more for the most eventful customers. Events older than seven days are gone.
    """
    return await documents.read_events(key, start, end, limit=limit, context=context)


async def read_newest_customer(key: str, *, context: Context) -> Customer | None:
    """Return the customer as the last writer left it, or None. One point read, at double price."""
    return await documents.find_newest(key, context)


async def read_event(key: str, version: int, *, context: Context) -> Mapping[str, Any] | None:
    """Return the document of the event of a version, with its notes. One point read."""
    return await documents.read_event(key, version, context)


async def all_events(key: str, *, context: Context) -> AsyncIterator[Mapping[str, Any]]:
    """Yield the documents of all events of a customer that are kept. One query for each page."""
    async for document in documents.all_events(key, context):
        yield document.body


def event_in(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the event in a changed document of the customers container, if it is one."""
    return documents.event_in(body)


def check_active(customer: Customer) -> None:
    """Raise CustomerErased, CustomerRestricted or CustomerInactive."""
    customer.check_open()
    if customer.status != "Active":
        raise CustomerInactive(f"The customer is {customer.status.lower()}.")


async def edit_customer(
    key: str, edit: CustomerEdit, *, if_match: str, context: Context
) -> Versioned[Customer]:
    """Apply the merge patch. Raises CustomerNotFound, CustomerInactive, Stale, Invalid."""
    await check_named(edit, context)
    decide = only(editing(edit, context=context))
    return await change(key, decide, if_match=if_match, context=context)


def editing(edit: CustomerEdit, *, context: Context) -> Edit:
    """Return what applies the merge patch, once the settings that it names are there."""

    async def decide(customer: Customer) -> Customer:
        changes = merged(customer, edit)
        if "attributes" in changes:
            patch = edit.attributes
            patched = dict.fromkeys(customer.attributes) if patch is None else patch
            check_patch(patched, await definitions(context))
            changes["attributes"] = listed(changes["attributes"], await definitions(context))
        if "customer_group" in changes:
            changes["financial_dimensions"] = await dimensions(changes["customer_group"], context)
        return customer.edited(context.actor, context.now, **changes)

    return decide


async def deactivate_customer(key: str, *, if_match: str, context: Context) -> Versioned[Customer]:
    """Take the customer out of search and client books; a second time changes nothing.

    Raises CustomerNotFound, Stale, and StillInUse for a default customer.
    """

    async def decide(customer: Customer) -> Decision:
        if customer.status != "Active":
            return Decision(customer)
        stores = await used_by("customers", customer.id, context=context)
        if stores:
            raise StillInUse("It is the default customer of a store.", usedBy=stores)
        return Decision(customer.with_status("Inactive", context.actor, context.now))

    return await change(key, decide, if_match=if_match, context=context, feature=None)


async def restore_customer(key: str, *, context: Context) -> Versioned[Customer]:
    """Make the customer active again; one that is active stays as it is."""

    async def decide(customer: Customer) -> Customer:
        if customer.status == "Active":
            return customer
        return customer.with_status("Active", context.actor, context.now)

    return await change(key, only(decide), if_match=ANY, context=context, feature=None)
