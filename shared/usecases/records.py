"""Customers and their addresses as documents: how they are read, and how they are written."""

from typing import Any

from shared.domain.addresses import Address, AddressNotFound
from shared.domain.customers import Customer, CustomerNotFound
from shared.domain.values import Record
from shared.ports import Document, Documents

ADDRESS = "address"
ENDED_ADDRESS = "address-ended"  # a type of its own, so that lists need not skip them


async def load(documents: Documents, legal_entity: str, key: str) -> Customer:
    """Return the customer by its GUID, or raise CustomerNotFound. One point read."""
    document = await documents.read("customers", (legal_entity, key), key)
    if document is None:
        raise CustomerNotFound(f"There is no customer {key}.")
    return customer_of(document)


async def load_address(documents: Documents, customer: Customer, address_id: str) -> Address:
    place = (customer.legal_entity, customer.id)
    document = await documents.read("customers", place, address_document_id(address_id))
    if document is None:
        raise AddressNotFound(f"There is no address {address_id}.")
    return address_of(document)


def customer_of(document: Document) -> Customer:
    customer = Customer.model_validate(document.body)
    return customer.model_copy(update={"etag": document.etag})


def address_of(document: Document) -> Address:
    address = Address.model_validate(document.body | {"id": document.body["addressId"]})
    return address.model_copy(update={"etag": document.etag})


def customer_document(customer: Customer) -> dict[str, Any]:
    return _body(customer, type="customer")


def address_document(address: Address) -> dict[str, Any]:
    kind = ADDRESS if address.active else ENDED_ADDRESS
    return _body(address, type=kind, addressId=address.id, id=address_document_id(address.id))


def address_document_id(address_id: str) -> str:
    return f"{ADDRESS}:{address_id}"


def _body(record: Record, **more: str) -> dict[str, Any]:
    # What is computed is computed again, and what is empty says nothing.
    body = record.model_dump(
        mode="json",
        by_alias=True,
        exclude_none=True,
        exclude={"name", "display_account"} if isinstance(record, Customer) else None,
    )
    return body | more
