"""Postal addresses of a customer: any number of them, one primary, ended by deactivation."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import Field, StringConstraints

from shared.core.errors import Conflict, NotFound
from shared.core.evolve import evolve
from shared.core.values import Body, Country, Line, LongLine, Record
from shared.customers.domain.contacts import primary
from shared.customers.domain.customer_record import AddressSummary
from shared.customers.domain.customers import MAX_INDEXED_ADDRESSES, Customer
from shared.customers.domain.directory import address_words

AddressId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f-]{1,36}$")]

DEFAULT_PURPOSES: Final[tuple[str, str]] = ("Home", "Business")  # of persons and of organizations


class AddressNotFound(NotFound):
    code = "address-not-found"


class TooManyAddresses(Conflict):
    """The customer has as many addresses in force as there may be; `most` says how many."""

    code = "too-many-addresses"


class AddressInactive(Conflict):
    code = "address-inactive"


class AddressFields(Body):
    """The fields of an address that may be set when it is added, and edited later."""

    purpose: Line | None = Field(
        None,
        description="Purpose, a key of `address-purposes`; Home or Business if left out",
        examples=["Home"],
    )
    attention: Line | None = Field(None, description="To whose attention")
    street: LongLine | None = Field(
        None, description="Street and number", examples=["12 Main Street"]
    )
    building_complement: Line | None = Field(None, description="Building, floor or door")
    post_box: Line | None = Field(None, description="Post box")
    district: Line | None = Field(None, description="District of the city")
    city: Line | None = Field(None, description="City", examples=["Houston"])
    county: Line | None = Field(None, description="County")
    state: Line | None = Field(None, description="State or province", examples=["TX"])
    postal_code: Annotated[Line, Field(max_length=20)] | None = Field(
        None, description="Postal code", examples=["77002"]
    )
    country: Country | None = Field(
        None, description="Country, ISO 3166-1 alpha-2; that of the store if left out"
    )
    name: Line | None = Field(
        None,
        description="Name at the address; that of the customer if left out",
        examples=["Karen Berg"],
    )
    phone: Annotated[Line, Field(max_length=40)] | None = Field(
        None,
        description="Phone at the address; the primary one of the customer if left out",
        examples=["+1 713 555 0142"],
    )


class NewAddress(AddressFields):
    """An address to add."""

    primary: bool = Field(
        False, description="Whether it becomes the primary address; the first one always does"
    )


class AddressEdit(AddressFields):
    """A merge patch of an address: null removes a value, and a field that is left out stays."""

    primary: bool | None = Field(
        None, description="True makes it the primary address", examples=[True]
    )


class Address(Record):
    """A postal address of a customer."""

    id: str = Field(description="Id of the address within its customer", examples=["1"])
    purpose: str = Field(description="Purpose, a key of `address-purposes`", examples=["Home"])
    attention: str | None = Field(None, description="To whose attention")
    street: str | None = Field(None, description="Street and number", examples=["12 Main Street"])
    building_complement: str | None = Field(None, description="Building, floor or door")
    post_box: str | None = Field(None, description="Post box")
    district: str | None = Field(None, description="District of the city")
    city: str | None = Field(None, description="City", examples=["Houston"])
    county: str | None = Field(None, description="County")
    state: str | None = Field(None, description="State or province", examples=["TX"])
    postal_code: str | None = Field(None, description="Postal code", examples=["77002"])
    country: str | None = Field(None, description="Country, ISO 3166-1 alpha-2", examples=["US"])
    name: str | None = Field(None, description="Name at the address", examples=["Karen Berg"])
    phone: str | None = Field(
        None, description="Phone at the address", examples=["+1 713 555 0142"]
    )
    primary: bool = Field(False, description="Whether it is the primary address")
    active: bool = Field(True, description="False for an address that was deactivated")
    created_at: datetime = Field(description="When the address was added")
    modified_at: datetime = Field(description="When the address was changed last")
    valid_to: datetime | None = Field(
        None, description="When the address was deactivated; null while it is in force"
    )

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
    return DEFAULT_PURPOSES[0 if customer_type == "Person" else 1]


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
    indexed = dict(customer.indexed_addresses)
    was_primary = customer.primary_address and customer.primary_address.id == address.id
    changes: dict[str, Any] = {}
    if address.primary:
        changes["primary_address"] = address.summary()
    elif was_primary:
        changes["primary_address"] = None
    if not address.active or address.primary:
        indexed.pop(address.id, None)
    elif address.id in indexed or len(indexed) < MAX_INDEXED_ADDRESSES:
        indexed[address.id] = address_words(address.street, address.city, address.postal_code)
    return changes | {"indexed_addresses": indexed}


def summarizing_new(customer: Customer, address: Address) -> dict[str, Any]:
    """Return as `summarizing`, of an address that is the newest of them, and counted."""
    changes = summarizing(customer, address) | {"address_count": customer.address_count + 1}
    return changes if address.primary else _with_newest(changes, address.summary())


def with_indexed(changes: dict[str, Any], former: AddressSummary) -> dict[str, Any]:
    """Let search go on covering the address that is no longer the primary one."""
    return _with_newest(changes, former)


def _with_newest(changes: dict[str, Any], newest: AddressSummary) -> dict[str, Any]:
    """Let search cover this address, and no longer the oldest where there are too many."""
    text = address_words(newest.street, newest.city, newest.postal_code)
    indexed = {newest.id: text} | changes["indexed_addresses"] | {newest.id: text}
    return changes | {"indexed_addresses": dict(list(indexed.items())[:MAX_INDEXED_ADDRESSES])}
