"""Customers, their addresses and their events as documents: the only place that knows how."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

from shared.context import Context
from shared.core.upgrades import Upgrade, upgrade
from shared.core.values import as_text
from shared.core.versioned import Versioned
from shared.customers.domain.addresses import Address, AddressNotFound
from shared.customers.domain.customers import Customer, CustomerNotFound
from shared.customers.domain.events import RETENTION_SECONDS, Event
from shared.customers.domain.normal_forms import present_form
from shared.ports.documents import (
    Create,
    Document,
    Documents,
    Equal,
    Operation,
    Order,
    Page,
    Range,
    Replace,
)

CONTAINER: Final = "customers"
CUSTOMER, ADDRESS, EVENT = "customer", "address", "event"
ENDED_ADDRESS = "address-ended"  # a type of its own, so that lists need not skip them
SCHEMA_VERSION: Final = 4
OLDEST_FIRST = Order(("type", "createdAt"))
AddressPage = Page
COMPUTED = frozenset({"displayAccount", "capabilities", "name"})


def _without_computed_values(body: Mapping[str, Any]) -> dict[str, Any]:
    """Version 1 stored values that are computed now."""
    if body.get("type") != CUSTOMER:
        return dict(body)
    return {name: value for name, value in body.items() if name not in COMPUTED}


def _with_present_forms(body: Mapping[str, Any]) -> dict[str, Any]:
    """Version 2 compared e-mails with their domain as it is read, and phones without extension."""
    if body.get("type") != CUSTOMER:
        return dict(body)
    contacts = [contact | {"normal": present_form(contact)} for contact in body["contacts"]]
    return dict(body) | {"contacts": contacts}


UPGRADES: Mapping[int, Upgrade] = {
    1: _without_computed_values,
    2: _with_present_forms,
    3: dict,  # consent was that of the contact alone: see shared/consent/spreading/indexing.py
}


async def read_document(key: str, context: Context) -> Document:
    """Return the customer as stored, in the newest shape. One point read.

    Raises CustomerNotFound.
    """
    document = await context.documents.read(CONTAINER, context.partition(key), key)
    if document is None:
        raise CustomerNotFound(f"There is no customer {key}.")
    return newest(document)


async def commit(key: str, operations: Sequence[Operation], context: Context) -> list[str]:
    """Do all operations in the customer's partition or none; return the new ETags."""
    return await context.documents.commit(CONTAINER, context.partition(key), operations)


async def exists(store: Documents, legal_entity: str, key: str) -> bool:
    """Return whether there is a customer of this GUID. One point read."""
    return await store.read(CONTAINER, (key, legal_entity), key) is not None


async def load(key: str, context: Context) -> Versioned[Customer]:
    """Return the customer by its GUID. One point read. Raises CustomerNotFound."""
    return customer_of(await read_document(key, context))


async def find_newest(key: str, context: Context) -> Customer | None:
    """Return the customer as the last writer left it, or None. One point read, at double price."""
    partition = context.partition(key)
    document = await context.documents.read_newest(CONTAINER, partition, key)
    return customer_of(newest(document)).value if document else None


async def load_address(key: str, address_id: str, context: Context) -> Versioned[Address]:
    """Return an address of the customer. One point read. Raises AddressNotFound."""
    document = await find_address(key, address_id, context)
    if document is None:
        raise AddressNotFound(f"There is no address {address_id}.")
    return address_of(document)


async def find_address(key: str, address_id: str, context: Context) -> Document | None:
    """Return the document of an address, in force or not, or None. One point read."""
    name = address_document_id(address_id)
    document = await context.documents.read(CONTAINER, context.partition(key), name)
    return newest(document) if document else None


async def has_address(key: str, address_id: str, context: Context) -> bool:
    return await find_address(key, address_id, context) is not None


async def query_addresses(
    key: str, *, limit: int, continuation: str | None, context: Context
) -> Page:
    """Return the documents of the addresses in force, oldest first. One query."""
    page = await context.documents.query(
        CONTAINER,
        context.partition(key),
        Equal("type", ADDRESS),
        order=OLDEST_FIRST,
        limit=limit,
        continuation=continuation,
    )
    return Page([newest(document) for document in page.documents], page.continuation)


async def read_events(
    key: str, start: int, end: int, *, limit: int, context: Context
) -> list[Mapping[str, Any]]:
    """Return the events of the versions from `start` to before `end`, at most about `limit`."""
    events: list[Mapping[str, Any]] = []
    documents = context.documents.all(
        CONTAINER,
        context.partition(key),
        Range("id", event_id(start), event_id(end)),
        page_size=limit,
    )
    async for document in documents:
        events.append(document.body["event"])
        if len(events) >= limit:
            break
    return events


async def read_event(key: str, version: int, context: Context) -> Mapping[str, Any] | None:
    """Return the document of the event of this version, or None. One point read."""
    name = event_id(version)
    document = await context.documents.read(CONTAINER, context.partition(key), name)
    return document.body if document else None


async def all_events(key: str, context: Context) -> AsyncIterator[Document]:
    """Yield the documents of all events, oldest first. One query for each page."""
    everything = Range("id", event_id(0), f"{EVENT}:~")
    async for document in context.documents.all(CONTAINER, context.partition(key), everything):
        yield document


def event_in(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the event in a changed document of this container, if it is one."""
    event: Mapping[str, Any] | None = body["event"] if body.get("type") == EVENT else None
    return event


def newest(document: Document) -> Document:
    """Return the document in the newest shape."""
    return Document(upgrade(document.body, UPGRADES, SCHEMA_VERSION), document.etag)


def address_of(document: Document) -> Versioned[Address]:
    body = document.body
    return Versioned(Address.model_validate(body | {"id": body["addressId"]}), document.etag)


def customer_of(document: Document) -> Versioned[Customer]:
    return Versioned(Customer.model_validate(document.body), document.etag)


def customer_document(customer: Customer) -> dict[str, Any]:
    return customer.model_dump(mode="json", by_alias=True) | {
        "type": CUSTOMER,
        "schemaVersion": SCHEMA_VERSION,
    }


def address_document(address: Address, version: int) -> dict[str, Any]:
    """Return the document; `version` is that of the customer of the commit that writes it."""
    return address.model_dump(mode="json", by_alias=True) | {
        "id": address_document_id(address.id),
        "type": ADDRESS if address.active else ENDED_ADDRESS,
        "addressId": address.id,
        "version": version,
        "schemaVersion": SCHEMA_VERSION,
    }


def event_document(
    event: Event, version: int, facts: Mapping[str, Any], notes: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the document of the event of this version.

    `facts` are added to its data; `notes` are kept beside it and never sent.
    """
    body = event.model_dump(mode="json", by_alias=True)
    body["data"] |= facts
    return {
        "id": event_id(version),
        "type": EVENT,
        "createdAt": as_text(event.time),
        "event": body,
        "notes": dict(notes),
        "schemaVersion": SCHEMA_VERSION,
        "ttl": RETENTION_SECONDS,
    }


def create_address(address: Address, version: int) -> Operation:
    return Create(address_document(address, version))


def replace_address(address: Address, version: int, etag: str) -> Operation:
    return Replace(address_document(address, version), etag)


def address_document_id(address_id: str) -> str:
    return f"{ADDRESS}:{address_id}"


def event_id(version: int) -> str:
    return f"{EVENT}:{version:012d}"
