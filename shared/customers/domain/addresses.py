"""Postal addresses of a customer: any number of them, one primary, ended by deactivation."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from shared.core.errors import Conflict, NotFound
from shared.core.evolve import evolve
from shared.core.values import Body, Country, Line, LongLine, Record
from shared.customers.domain.contacts import primary
from shared.customers.domain.customers import MAX_INDEXED_ADDRESSES, AddressSummary, Customer
from shared.customers.domain.directory import address_words

AddressId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f-]{1,36}$")]


class AddressNotFound(NotFound):
    code = "address-not-found"


class AddressInactive(Conflict):
    code = "address-inactive"


class AddressFields(Body):
    purpose: Line | None = None
    attention: Line | None = None
    street: LongLine | None = None
    building_complement: Line | None = None
    post_box: Line | None = None
    district: Line | None = None
    city: Line | None = None
    county: Line | None = None
    state: Line | None = None
    postal_code: Annotated[Line, Field(max_length=20)] | None = None
    country: Country | None = None
    name: Line | None = None
    phone: Annotated[Line, Field(max_length=40)] | None = None


class NewAddress(AddressFields):
    primary: bool = False


class AddressEdit(AddressFields):
    primary: bool | None = None


class Address(Record):
    id: str
    purpose: str
    attention: str | None = None
    street: str | None = None
    building_complement: str | None = None
    post_box: str | None = None
    district: str | None = None
    city: str | None = None
    county: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None
    name: str | None = None
    phone: str | None = None
    primary: bool = False
    active: bool = True
    created_at: datetime
    modified_at: datetime
    valid_to: datetime | None = None

    def summary(self) -> AddressSummary:
        """Return what the customer itself says of its primary address."""
        return AddressSummary.model_validate(self.model_dump())


def open_address(
    new: NewAddress, address_id: str, *, customer: Customer, country: str | None, now: datetime
) -> Address:
    """Return a new address; what is left out comes from the customer and the store's country."""
    given = new.model_dump(exclude_none=True)
    filled = {
        "purpose": default_purpose(customer.customer_type),
        "name": customer.name,
        "phone": primary(customer.contacts, "phone"),
        "country": country,
    }
    return Address(
        **(filled | given | {"primary": False}), id=address_id, created_at=now, modified_at=now
    )


def default_purpose(customer_type: str) -> str:
    return "Home" if customer_type == "Person" else "Business"


def edit_address(address: Address, changes: dict[str, Any], now: datetime) -> Address:
    if not address.active:
        raise AddressInactive(f"The address ended at {address.valid_to}.")
    return evolve(address, **changes, modified_at=now)


def end_address(address: Address, now: datetime) -> Address:
    return edit_address(address, {"active": False, "primary": False, "valid_to": now}, now)


def first_addresses(
    new: Sequence[NewAddress],
    ids: Sequence[str],
    *,
    customer: Customer,
    country: str,
    now: datetime,
) -> list[Address]:
    """Return the addresses of a new customer; the first is primary unless another is marked so."""
    primary_index = next((index for index, address in enumerate(new) if address.primary), 0)
    opened = [
        open_address(address, address_id, customer=customer, country=country, now=now)
        for address, address_id in zip(new, ids, strict=True)
    ]
    return [
        evolve(address, primary=True) if index == primary_index else address
        for index, address in enumerate(opened)
    ]


def summarizing_all(addresses: Sequence[Address]) -> dict[str, Any]:
    """Return what a new customer says of its addresses."""
    changes: dict[str, Any] = {"address_count": len(addresses)}
    for address in addresses:
        if address.primary:
            changes["primary_address"] = address.summary()
    others = [address for address in addresses if not address.primary]
    changes["indexed_addresses"] = {
        address.id: address_words(address.street, address.city, address.postal_code)
        for address in others[:MAX_INDEXED_ADDRESSES]
    }
    return changes


def summarizing(customer: Customer, address: Address) -> dict[str, Any]:
    """Return what changes in what the customer says of its addresses, given this one."""
    indexed = {key: text for key, text in customer.indexed_addresses.items() if key != address.id}
    was_primary = customer.primary_address and customer.primary_address.id == address.id
    changes: dict[str, Any] = {}
    if address.primary:
        changes["primary_address"] = address.summary()
    elif was_primary:
        changes["primary_address"] = None
    if address.active and not address.primary and len(indexed) < MAX_INDEXED_ADDRESSES:
        indexed[address.id] = address_words(address.street, address.city, address.postal_code)
    return changes | {"indexed_addresses": indexed}


def with_indexed(changes: dict[str, Any], former: AddressSummary) -> dict[str, Any]:
    """Let search go on covering the address that is no longer the primary one."""
    text = address_words(former.street, former.city, former.postal_code)
    indexed = {former.id: text} | changes["indexed_addresses"]
    return changes | {"indexed_addresses": dict(list(indexed.items())[:MAX_INDEXED_ADDRESSES])}
