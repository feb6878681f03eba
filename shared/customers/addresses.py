"""What can be asked of a customer's addresses."""

from typing import Any

from shared.configuration.domain.collections import ADDRESS_PURPOSES, STORES
from shared.context import Context
from shared.core.errors import Invalid
from shared.core.evolve import evolve
from shared.customers.change import ANY, Decide, Decision, change, check_version
from shared.customers.documents import (
    ADDRESS,
    address_document,
    address_document_id,
    address_view,
    load,
    load_address,
)
from shared.customers.domain import addresses as ad
from shared.customers.domain.addresses import Address, AddressEdit, NewAddress
from shared.customers.domain.customers import MOST_INDEXED_ADDRESSES, Customer
from shared.customers.domain.directory import address_words
from shared.customers.domain.events import FieldChange
from shared.customers.domain.pending_rules import ADDRESSES
from shared.customers.event_documents import address_change
from shared.ports.documents import Create, Equal, Operation, Order, Replace

OLDEST_FIRST = Order(("type", "createdAt"))
Listed = tuple[list[dict[str, Any]], str | None]


async def list_addresses(
    key: str, *, limit: int, continuation: str | None, context: Context
) -> Listed:
    """Return the addresses in force, oldest first. One query in the customer's partition."""
    page = await context.documents.query(
        "customers",
        context.place(key),
        Equal("type", ADDRESS),
        order=OLDEST_FIRST,
        limit=limit,
        continuation=continuation,
    )
    if not page.documents:
        await load(context.documents, context.legal_entity, key)
    return [address_view(document) for document in page.documents], page.continuation


async def read_address(key: str, address_id: str, *, context: Context) -> Address:
    customer = await load(context.documents, context.legal_entity, key)
    return await load_address(context.documents, customer, address_id)


async def add_address(key: str, new: NewAddress, *, context: Context) -> Address:
    """Add an address; the first is the primary one. The same request twice adds one."""
    await check_purpose(new.purpose, context)
    address_id = context.new_id()
    decide = adding(new, address_id, context=context)
    customer = await change(key, decide, if_match=ANY, context=context, feature=ADDRESSES)
    return await load_address(context.documents, customer, address_id)


def adding(new: NewAddress, address_id: str, *, context: Context) -> Decide:
    """Return what adds it, once its purpose is there."""

    async def decide(customer: Customer) -> Decision:
        place = context.place(customer.id)
        name = address_document_id(address_id)
        if context.fingerprint and await context.documents.read("customers", place, name):
            return Decision(customer)
        address = ad.open_address(
            new,
            address_id,
            customer=customer,
            country=await _country(customer, context),
            now=context.now,
        )
        primary = new.primary or customer.primary_address is None
        address = evolve(address, primary=primary)
        changes = ad.carrying(customer, address) | {"address_count": customer.address_count + 1}
        made = Decision(
            customer, [Create(address_document(address))], [address_change(None, address)]
        )
        return await _carried(made, address, changes, context)

    return decide


async def edit_address(
    key: str, address_id: str, edit: AddressEdit, *, if_match: str, context: Context
) -> Address:
    """Apply the merge patch. Raises AddressNotFound, AddressInactive, Stale, Invalid."""
    await check_purpose(edit.purpose, context)
    decide = editing(address_id, edit, if_match=if_match, context=context)
    customer = await change(key, decide, if_match=ANY, context=context, feature=ADDRESSES)
    return await load_address(context.documents, customer, address_id)


def editing(address_id: str, edit: AddressEdit, *, if_match: str, context: Context) -> Decide:
    """Return what applies the merge patch, once its purpose is there. Raises Invalid."""
    changes = {name: getattr(edit, name) for name in edit.model_fields_set}
    if changes.get("primary", True) is None or changes.get("purpose", "") is None:
        raise Invalid.at("", "required", "Purpose and primary can be changed, not taken away.")

    async def decide(customer: Customer) -> Decision:
        read = await load_address(context.documents, customer, address_id)
        check_version(read.etag, if_match)
        address = ad.edit_address(read, changes, context.now)
        return await _rewritten(customer, read, address, context)

    return decide


async def end_address(
    key: str, address_id: str, *, successor: str | None, if_match: str, context: Context
) -> None:
    """Deactivate; `successor` becomes primary if it is named. Twice is once."""
    if successor == address_id:
        raise Invalid.at("/primary", "same-address", "An address cannot succeed itself.")

    async def decide(customer: Customer) -> Decision:
        read = await load_address(context.documents, customer, address_id)
        check_version(read.etag, if_match)
        if not read.active:
            return Decision(customer)
        ended = ad.end_address(read, context.now)
        left = evolve(customer, address_count=customer.address_count - 1)
        decision = await _rewritten(left, read, ended, context)
        return await _succeeded(decision, successor, context) if successor else decision

    await change(key, decide, if_match=ANY, context=context, feature=ADDRESSES)


async def _rewritten(
    customer: Customer, read: Address, address: Address, context: Context
) -> Decision:
    write = Replace(address_document(address), read.etag)
    rewritten = Decision(customer, [write], [address_change(read, address)])
    return await _carried(rewritten, address, ad.carrying(customer, address), context)


async def _carried(
    decision: Decision, address: Address, changes: dict[str, object], context: Context
) -> Decision:
    """Let the customer carry the changes, and when this address becomes the primary one, the
    old one be none.
    """
    customer = decision.customer
    demoted, operations, parts = await _demote_other(customer, address, context)
    changed = customer.edited(context.actor, context.now, **_joined(changes, demoted))
    return Decision(changed, [*decision.operations, *operations], [*decision.parts, *parts])


async def _succeeded(decision: Decision, successor: str, context: Context) -> Decision:
    read = await load_address(context.documents, decision.customer, successor)
    heir = ad.edit_address(read, {"primary": True}, context.now)
    then = await _rewritten(decision.customer, read, heir, context)
    return Decision(
        then.customer,
        [*decision.operations, *then.operations],
        [*decision.parts, *then.parts],
    )


async def _demote_other(
    customer: Customer, address: Address, context: Context
) -> tuple[dict[str, str], list[Operation], list[FieldChange]]:
    """Return what it takes that the old primary address is none when this one becomes it."""
    old = customer.primary_address
    if not address.primary or old is None or old.id == address.id:
        return {}, [], []
    read = await load_address(context.documents, customer, old.id)
    demoted = evolve(read, primary=False, modified_at=context.now)
    text = address_words(old.street, old.city, old.postal_code)
    write = Replace(address_document(demoted), read.etag)
    return {old.id: text}, [write], [address_change(read, demoted)]


def _joined(changes: dict[str, object], demoted: dict[str, str]) -> dict[str, object]:
    """Let search go on covering the address that is no longer the primary one."""
    indexed = changes["indexed_addresses"]
    if not demoted or not isinstance(indexed, dict):
        return changes
    kept = dict(list((demoted | indexed).items())[:MOST_INDEXED_ADDRESSES])
    return changes | {"indexed_addresses": kept}


async def check_purpose(purpose: str | None, context: Context) -> None:
    if purpose is not None:
        await context.configuration.require(
            context.legal_entity, ADDRESS_PURPOSES, purpose, "/purpose"
        )


async def _country(customer: Customer, context: Context) -> str | None:
    store = await context.configuration.find(context.legal_entity, STORES, customer.store_number)
    return store.country if store else None
