"""Customers and their addresses as documents: how they are read, and how they are written."""

from collections.abc import Mapping
from typing import Any

from pydantic.alias_generators import to_camel

from shared.core.evolve import evolve
from shared.core.values import Record
from shared.customers.domain.addresses import Address, AddressNotFound
from shared.customers.domain.contacts import ContactView
from shared.customers.domain.customers import Customer, CustomerNotFound, CustomerView
from shared.ports.documents import Document, Documents

ADDRESS = "address"
ENDED_ADDRESS = "address-ended"  # a type of its own, so that lists need not skip them


async def load(documents: Documents, legal_entity: str, key: str) -> Customer:
    """Return the customer by its GUID, or raise CustomerNotFound. One point read."""
    return customer_of(await load_document(documents, legal_entity, key))


async def load_document(documents: Documents, legal_entity: str, key: str) -> Document:
    document = await documents.read("customers", (legal_entity, key), key)
    if document is None:
        raise CustomerNotFound(f"There is no customer {key}.")
    return document


async def load_address(documents: Documents, customer: Customer, address_id: str) -> Address:
    place = (customer.legal_entity, customer.id)
    document = await documents.read("customers", place, address_document_id(address_id))
    if document is None:
        raise AddressNotFound(f"There is no address {address_id}.")
    return address_of(document)


def customer_of(document: Document) -> Customer:
    customer = Customer.model_validate(document.body)
    return evolve(customer, etag=document.etag)


def address_of(document: Document) -> Address:
    address = Address.model_validate(document.body | {"id": document.body["addressId"]})
    return evolve(address, etag=document.etag)


def customer_document(customer: Customer) -> dict[str, Any]:
    return customer.model_dump(mode="json", by_alias=True) | {"type": "customer"}


def address_document(address: Address) -> dict[str, Any]:
    return address.model_dump(mode="json", by_alias=True) | {
        "type": ADDRESS if address.active else ENDED_ADDRESS,
        "addressId": address.id,
        "id": address_document_id(address.id),
    }


def address_fields(address: Address) -> dict[str, Any]:
    """Return what is answered of an address."""
    return address.model_dump(mode="json", by_alias=True)


def address_document_id(address_id: str) -> str:
    return f"{ADDRESS}:{address_id}"


def customer_view(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is answered of a stored customer, as JSON: what was stored is answered.

    A read that changes nothing needs no model: making one would be most of what it costs.
    """
    view = {name: body.get(name) for name in CUSTOMER_FIELDS}
    view["contacts"] = [
        {name: contact.get(name) for name in CONTACT_FIELDS} for contact in body["contacts"]
    ]
    return view


def address_view(document: Document) -> dict[str, Any]:
    """Return an item of a list of addresses, with its version."""
    body = document.body
    view = {name: body.get(name) for name in ADDRESS_FIELDS}
    return view | {"id": body["addressId"], "etag": document.etag}


def _fields(model: type[Record]) -> tuple[str, ...]:
    """Return the names in the order of the JSON, without having the model built for it."""
    told = [name for name, field in model.model_fields.items() if not field.exclude]
    return tuple(to_camel(name) for name in (*told, *model.model_computed_fields))


CUSTOMER_FIELDS = _fields(CustomerView)
CONTACT_FIELDS = _fields(ContactView)
ADDRESS_FIELDS = _fields(Address)
