"""Listing, adding, editing and deactivating the addresses of a customer."""

from dataclasses import replace
from typing import Any, Final

from shared.context import Context
from shared.core.errors import Invalid
from shared.core.evolve import evolve
from shared.core.retry import ANY, check_version
from shared.core.versioned import Versioned
from shared.customers import documents
from shared.customers.change import Decide, Decision, change
from shared.customers.domain import addresses as ad
from shared.customers.domain.addresses import Address, AddressEdit, NewAddress
from shared.customers.domain.customers import Customer
from shared.customers.domain.events import address_change
from shared.customers.domain.pending_rules import ADDRESSES
from shared.customers.named_settings import check_purpose, store_country

BY_CUSTOMER: Final = "customer:"
MOST_BY_CUSTOMER: Final = 50  # that a customer's own hand brings it to


async def list_addresses(
    key: str, *, limit: int, continuation: str | None, context: Context
) -> documents.AddressPage:
    """Return the documents of the addresses in force, oldest first. One query."""
    page = await documents.query_addresses(
        key, limit=limit, continuation=continuation, context=context
    )
    if not page.documents:
        await documents.load(key, context)
    return page


async def read_address(key: str, address_id: str, *, context: Context) -> Versioned[Address]:
    """Return an address. Raises CustomerNotFound, AddressNotFound. Two point reads."""
    await documents.load(key, context)
    return await documents.load_address(key, address_id, context)


async def load_address(key: str, address_id: str, *, context: Context) -> Versioned[Address]:
    """Return an address of a customer who is known to exist. Raises AddressNotFound."""
    return await documents.load_address(key, address_id, context)


async def add_address(key: str, new: NewAddress, *, context: Context) -> Versioned[Address]:
    """Add an address; the first is the primary one. A repeated request adds no second one."""
    await check_purpose(new.purpose, context)
    address_id = context.new_id()
    decide = adding(new, address_id, context=context)
    await change(key, decide, if_match=ANY, context=context, feature=ADDRESSES)
    return await documents.load_address(key, address_id, context)


def adding(new: NewAddress, address_id: str, *, context: Context) -> Decide:
    """Return what adds the address, once its purpose is known to exist."""

    async def decide(customer: Customer) -> Decision:
        if context.fingerprint and await documents.has_address(customer.id, address_id, context):
            return Decision(customer)
        await check_count(customer.address_count + 1, context)
        address = ad.open_address(
            new,
            address_id,
            customer=customer,
            country=await store_country(customer, context),
            now=context.now,
        )
        address = evolve(address, primary=new.primary or customer.primary_address is None)
        changes = ad.summarizing_new(customer, address)
        added = Decision(
            customer,
            [documents.create_address(address, customer.version + 1)],
            [address_change(None, address)],
        )
        return await _summarized(added, address, changes, context)

    return decide


async def check_count(count: int, context: Context) -> None:
    """Raise TooManyAddresses where so many may not be in force."""
    if context.actor.startswith(BY_CUSTOMER):
        most = MOST_BY_CUSTOMER
    else:
        most = (await context.configuration.parameters(context.legal_entity)).most_addresses
    if count > most:
        raise ad.TooManyAddresses(f"A customer has at most {most} addresses.", most=most)


async def edit_address(
    key: str, address_id: str, edit: AddressEdit, *, if_match: str, context: Context
) -> Versioned[Address]:
    """Apply the merge patch. Raises AddressNotFound, AddressInactive, Stale, Invalid."""
    await check_purpose(edit.purpose, context)
    decide = editing(address_id, edit, if_match=if_match, context=context)
    await change(key, decide, if_match=ANY, context=context, feature=ADDRESSES)
    return await documents.load_address(key, address_id, context)


def editing(address_id: str, edit: AddressEdit, *, if_match: str, context: Context) -> Decide:
    """Return what applies the merge patch, once its purpose is known to exist. Raises Invalid."""
    changes = {name: getattr(edit, name) for name in edit.model_fields_set}
    if changes.get("primary", True) is None or changes.get("purpose", "") is None:
        raise Invalid.at("", "required", "Purpose and primary can be changed, not removed.")

    async def decide(customer: Customer) -> Decision:
        stored = await documents.load_address(customer.id, address_id, context)
        check_version(stored.etag, if_match)
        address = ad.edit_address(stored.value, changes, context.now)
        return await _rewritten(customer, stored, address, context)

    return decide


async def end_address(
    key: str, address_id: str, *, successor: str | None, if_match: str, context: Context
) -> None:
    """Deactivate the address; `successor` becomes primary if it is named.

    Deactivating it a second time changes nothing. Raises AddressNotFound, Stale, Invalid.
    """
    if successor == address_id:
        raise Invalid.at("/primary", "same-address", "An address cannot succeed itself.")

    async def decide(customer: Customer) -> Decision:
        stored = await documents.load_address(customer.id, address_id, context)
        check_version(stored.etag, if_match)
        if not stored.value.active:
            return Decision(customer)
        ended = ad.end_address(stored.value, context.now)
        fewer = evolve(customer, address_count=customer.address_count - 1)
        decision = await _rewritten(fewer, stored, ended, context)
        return await _succeeded(decision, successor, context) if successor else decision

    await change(key, decide, if_match=ANY, context=context, feature=ADDRESSES)


async def _rewritten(
    customer: Customer, stored: Versioned[Address], address: Address, context: Context
) -> Decision:
    write = documents.replace_address(address, customer.version + 1, stored.etag)
    rewritten = Decision(customer, [write], [address_change(stored.value, address)])
    return await _summarized(rewritten, address, ad.summarizing(customer, address), context)


async def _summarized(
    decision: Decision, address: Address, changes: dict[str, Any], context: Context
) -> Decision:
    """Let the customer say what changed in its addresses; a former primary one is demoted."""
    customer = decision.customer
    former = customer.primary_address
    if address.primary and former and former.id != address.id:
        decision = await _demoted(decision, former.id, context)
        changes = ad.with_indexed(changes, former)
    changed = customer.edited(context.actor, context.now, **changes)
    return replace(decision, customer=changed)


async def _demoted(decision: Decision, address_id: str, context: Context) -> Decision:
    """Add to the decision that the address is no longer the primary one."""
    stored = await documents.load_address(decision.customer.id, address_id, context)
    demoted = evolve(stored.value, primary=False, modified_at=context.now)
    version = decision.customer.version + 1
    return replace(
        decision,
        operations=[*decision.operations, documents.replace_address(demoted, version, stored.etag)],
        parts=[*decision.parts, address_change(stored.value, demoted)],
    )


async def _succeeded(decision: Decision, successor: str, context: Context) -> Decision:
    stored = await documents.load_address(decision.customer.id, successor, context)
    heir = ad.edit_address(stored.value, {"primary": True}, context.now)
    promoted = await _rewritten(decision.customer, stored, heir, context)
    return Decision(
        promoted.customer,
        [*decision.operations, *promoted.operations],
        [*decision.parts, *promoted.parts],
    )
