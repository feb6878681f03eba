"""What can be asked of customers that are there."""

import re

from shared.clienteling.card_projection import settle_or_leave
from shared.clienteling.memberships import leave_books
from shared.configuration.domain import collections as col
from shared.configuration.domain.attributes import check_patch, listed
from shared.configuration.setting_checks import used_by
from shared.context import Context
from shared.core.errors import AlreadyExists, Stale
from shared.customers.change import ANY, Decision, Edit, change, only, persist
from shared.customers.domain.customers import Customer, CustomerEdit, CustomerNotFound, merged
from shared.customers.named_settings import check_named, definitions, dimensions

GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


async def resolve(customer_id: str, *, context: Context) -> str:
    """Return the GUID that an account number or a GUID names. Raises CustomerNotFound."""
    if GUID.fullmatch(customer_id):
        return customer_id.lower()
    key = await context.accounts.customer_key(context.legal_entity, customer_id)
    if key is None:
        raise CustomerNotFound(f"There is no customer {customer_id}.")
    return key


async def edit_customer(
    key: str, edit: CustomerEdit, *, if_match: str, context: Context
) -> Customer:
    """Apply the merge patch. Raises CustomerNotFound, CustomerInactive, Stale, Invalid."""
    await check_named(edit, context)
    return await change(
        key, only(editing(edit, context=context)), if_match=if_match, context=context
    )


def editing(edit: CustomerEdit, *, context: Context) -> Edit:
    """Return what applies the merge patch, once the settings that it names are there."""

    async def decide(customer: Customer) -> Customer:
        changes = merged(customer, edit)
        if "attributes" in changes:
            patch = edit.attributes
            named = dict.fromkeys(customer.attributes) if patch is None else patch
            check_patch(named, await definitions(context))
            changes["attributes"] = listed(changes["attributes"], await definitions(context))
        if "customer_group" in changes:
            changes["financial_dimensions"] = await dimensions(changes["customer_group"], context)
        return customer.edited(context.actor, context.now, **changes)

    return decide


async def deactivate_customer(key: str, *, if_match: str, context: Context) -> Customer:
    """Take the customer out of search and client books; twice is once.

    Raises StillInUse for a default customer.
    """

    async def decide(customer: Customer) -> Decision:
        if customer.status != "Active":
            return Decision(customer)
        stores = await used_by("customers", customer.id, context=context)
        if stores:
            raise col.StillInUse("It is the default customer of a store.", usedBy=stores)
        turned = customer.turned("Inactive", context.actor, context.now)
        return Decision(turned, await leave_books(customer, context))

    async def attempt() -> Customer:
        try:
            return await change(key, decide, if_match=if_match, context=context, feature=None)
        except AlreadyExists:  # her first membership, made at the same moment
            raise Stale("It was changed at the same moment.") from None

    customer = await persist(attempt, if_match)
    await settle_or_leave(key, context=context)
    return customer


async def restore_customer(key: str, *, context: Context) -> Customer:
    async def decide(customer: Customer) -> Customer:
        if customer.status == "Active":
            return customer
        return customer.turned("Active", context.actor, context.now)

    return await change(key, only(decide), if_match=ANY, context=context, feature=None)
