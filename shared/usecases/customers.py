"""What can be asked of customers that are there."""

import re

from shared.domain import collections as col
from shared.domain.attributes import check_patch, listed
from shared.domain.customers import (
    Customer,
    CustomerEdit,
    CustomerNotFound,
    merged,
)
from shared.errors import AlreadyExists, Stale
from shared.usecases.cards import settle_or_leave
from shared.usecases.changes import ANY, Decision, Edit, change, only, persist
from shared.usecases.customer_settings import check_named, definitions, dimensions
from shared.usecases.errand import Errand
from shared.usecases.memberships import leave_books
from shared.usecases.setting_checks import used_by

GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


async def resolve(customer_id: str, *, errand: Errand) -> str:
    """Return the GUID that an account number or a GUID names. Raises CustomerNotFound."""
    if GUID.fullmatch(customer_id):
        return customer_id.lower()
    key = await errand.accounts.customer_key(errand.legal_entity, customer_id)
    if key is None:
        raise CustomerNotFound(f"There is no customer {customer_id}.")
    return key


async def edit_customer(key: str, edit: CustomerEdit, *, if_match: str, errand: Errand) -> Customer:
    """Apply the merge patch. Raises CustomerNotFound, CustomerInactive, Stale, Invalid."""
    await check_named(edit, errand)
    return await change(key, only(editing(edit, errand=errand)), if_match=if_match, errand=errand)


def editing(edit: CustomerEdit, *, errand: Errand) -> Edit:
    """Return what applies the merge patch, once the settings that it names are there."""

    async def decide(customer: Customer) -> Customer:
        changes = merged(customer, edit)
        if "attributes" in changes:
            patch = edit.attributes
            named = dict.fromkeys(customer.attributes) if patch is None else patch
            check_patch(named, await definitions(errand))
            changes["attributes"] = listed(changes["attributes"], await definitions(errand))
        if "customer_group" in changes:
            changes["financial_dimensions"] = await dimensions(changes["customer_group"], errand)
        return customer.edited(errand.actor, errand.now, **changes)

    return decide


async def deactivate_customer(key: str, *, if_match: str, errand: Errand) -> Customer:
    """Take the customer out of search and client books; twice is once.

    Raises StillInUse for a default customer.
    """

    async def decide(customer: Customer) -> Decision:
        if customer.status != "Active":
            return Decision(customer)
        stores = await used_by("customers", customer.id, errand=errand)
        if stores:
            raise col.StillInUse("It is the default customer of a store.", usedBy=stores)
        turned = customer.turned("Inactive", errand.actor, errand.now)
        return Decision(turned, await leave_books(customer, errand))

    async def attempt() -> Customer:
        try:
            return await change(key, decide, if_match=if_match, errand=errand, feature=None)
        except AlreadyExists:  # her first membership, made at the same moment
            raise Stale("It was changed at the same moment.") from None

    customer = await persist(attempt, if_match)
    await settle_or_leave(key, errand=errand)
    return customer


async def restore_customer(key: str, *, errand: Errand) -> Customer:
    async def decide(customer: Customer) -> Customer:
        if customer.status == "Active":
            return customer
        return customer.turned("Active", errand.actor, errand.now)

    return await change(key, only(decide), if_match=ANY, errand=errand, feature=None)
