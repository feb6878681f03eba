"""Stores and online channels, the people who work there, and what both are grouped by."""

import unicodedata
from functools import cache
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field

from shared.core.errors import Forbidden, NotFound
from shared.core.values import Country, Currency, Guid, Key, Language, Line, LongLine, Setting

ChannelType = Literal["Store", "Online", "CallCenter"]
Names = Annotated[list[Key], Field(max_length=50)]


@cache
def _zones() -> frozenset[str]:
    """Return the names of the database, once: it walks the folders of the system for them."""
    return frozenset(available_timezones())


def _known_zone(name: str) -> str:
    if name not in _zones():
        raise ValueError("not a time zone of the IANA database")
    return name


TimeZone = Annotated[str, AfterValidator(_known_zone)]


class ChannelNotFound(NotFound):
    """The company has no store or online channel of that number."""

    code = "channel-not-found"


class NotYourStore(Forbidden):
    """An associate asks for a store in which the associate does not work."""

    code = "not-your-store"


def personnel_number_of(text: str) -> str:
    """Return the one spelling of a personnel number: no space, and nothing that cannot be seen.

    Full-width digits become plain ones. Leading zeros count: 901 and 000901 are two workers.
    """
    shown = unicodedata.normalize("NFKC", text)
    return "".join(sign for sign in shown if unicodedata.category(sign)[0] not in "CZ")


class UnitAddress(Setting):
    """The address of an operating unit."""

    country: Country = Field(description="Country, ISO 3166-1 alpha-2")
    street: LongLine | None = Field(
        None, description="Street and number", examples=["1 Market Square"]
    )
    city: Line | None = Field(None, description="City", examples=["Houston"])
    state: Line | None = Field(None, description="State or province", examples=["TX"])
    postal_code: Line | None = Field(None, description="Postal code", examples=["77002"])


class OperatingUnit(Setting):
    """The operating unit that a store belongs to."""

    name: Line = Field(description="Name of the operating unit", examples=["Houston"])
    address: UnitAddress = Field(
        description="Address of the operating unit; its country is that of new addresses"
    )


class Store(Setting):
    """A store, an online store or a call center."""

    store_number: Key = Field(
        description="Number of the store or online channel, its key", examples=["HOUSTON"]
    )
    name: Line = Field(description="Name of the store", examples=["Houston"])
    channel_type: ChannelType = Field("Store", description="Kind of channel")
    operating_unit: OperatingUnit = Field(description="Operating unit of the store")
    currency: Currency = Field(description="Currency of the store, ISO 4217")
    language: Language = Field(description="Language of the store, BCP 47")
    time_zone: TimeZone = Field(
        "UTC",
        description="Time zone of the store, a name of the IANA database",
        examples=["America/Chicago"],
    )
    default_customer_id: Guid | None = Field(
        None, description="GUID of the default customer, from whom new customers inherit"
    )
    functionality_profile: Key | None = Field(
        None,
        description="Functionality profile, a key of `functionality-profiles`",
        examples=["SP0001"],
    )
    customer_address_books: Names = Field(
        [],
        description="Address books of customers that are local to the store",
        examples=[["USRSA"]],
    )
    employee_address_books: Names = Field(
        [], description="Address books of associates who work in the store", examples=[["Houston"]]
    )
    channel_database_group: Key | None = Field(
        None,
        description="Channel database group, a key of `channel-database-groups`",
        examples=["Default"],
    )

    @property
    def country(self) -> str:
        return self.operating_unit.address.country


class FunctionalityProfile(Setting):
    """How a store behaves; several stores can have the same profile."""

    name: Key = Field(description="Name of the profile, its key", examples=["SP0001"])
    create_customers_asynchronously: bool = Field(
        False, description="Whether stores create customers without waiting for an account number"
    )
    create_customers_offline: bool = Field(
        True, description="Whether stores can create customers while they are offline"
    )


class ChannelDatabaseGroup(Setting):
    """Stores and online channels that receive the same data."""

    name: Key = Field(description="Name of the group, its key", examples=["Default"])
    channels: Names = Field(
        [],
        description="Stores and online channels of the group, keys of `stores`",
        examples=[["HOUSTON"]],
    )
    filter_shared_customer_data: bool = Field(
        False, description="Whether no customers are sent to the channels of the group"
    )


class Worker(Setting):
    """A person who works in stores: an associate or a manager."""

    personnel_number: Annotated[Key, AfterValidator(personnel_number_of)] = Field(
        description="Personnel number, its key", examples=["000160"]
    )
    name: Line = Field(description="Name of the worker", examples=["Ana Bowman"])
    employee_address_books: Names = Field(
        [],
        description="Address books that decide in which stores the worker works",
        examples=[["Houston"]],
    )
    permission_group: Key | None = Field(
        None,
        description="Permission group, a key of `permission-groups`; null allows nothing",
        examples=["Associate"],
    )
    active: bool = Field(True, description="False for a worker who has left and may do nothing")


class PermissionGroup(Setting):
    """What the associates of the group may do."""

    name: Key = Field(description="Name of the group, its key", examples=["Associate"])
    manager: bool = Field(False, description="Whether its workers may change notes of others")
    operations: Annotated[list[int], Field(max_length=200)] = Field(
        [],
        description="POS operations that its workers may perform, by number",
        examples=[[602, 612, 623, 712, 714]],
    )


class CustomerGroup(Setting):
    """A group of customers, with the financial dimensions of its members."""

    id: Key = Field(description="Id of the group, its key", examples=["30"])
    name: Line = Field(description="Name of the group", examples=["Retail customers"])
    financial_dimensions: Annotated[dict[Key, Line], Field(max_length=20)] = Field(
        {},
        description="Financial dimensions of its new customers",
        examples=[{"CostCenter": "015"}],
    )
    account_number_sequence: Key | None = Field(
        None,
        description="Number sequence of its account numbers; null for that of the company",
        examples=["CustomerAccount"],
    )
    active: bool = Field(True, description="False for a group that customers get no more")


class Affiliation(Setting):
    """A grouping of customers, such as VIP, that decides prices or benefits."""

    name: Key = Field(description="Name of the affiliation, its key", examples=["VIP"])
    description: Line | None = Field(
        None, description="Description of the affiliation", examples=["Very important customers"]
    )
    active: bool = Field(True, description="False for one that customers get no more")


class AddressBook(Setting):
    """A named set of customers or workers, which decides what is local to a store."""

    name: Key = Field(description="Name of the address book, its key", examples=["USRSA"])
    description: Line | None = Field(
        None, description="Description of the address book", examples=["Customers of the south"]
    )
    active: bool = Field(True, description="False for a book that customers get no more")


AddressRole = Literal[
    "None", "Invoice", "Delivery", "SWIFT", "Payment", "Service", "Home", "Other", "Business",
    "RemitTo", "ThirdPartyShipping", "Statement", "FixedAsset", "OneTime", "Recruit", "SMS",
]  # fmt: skip


class AddressPurpose(Setting):
    """A purpose that an address can have."""

    name: Key = Field(description="Name of the purpose, its key", examples=["Home"])
    type: AddressRole = Field(
        "None", description="Role of addresses of this purpose", examples=["Home"]
    )
    active: bool = Field(True, description="False for a purpose that addresses get no more")


class Title(Setting):
    """A personal title that a customer can have."""

    name: Key = Field(description="The title, its key", examples=["Ms."])
    active: bool = Field(True, description="False for a title that customers get no more")


class ActivityType(Setting):
    """A type of activity, such as an appointment or a call."""

    name: Key = Field(description="Name of the type, its key", examples=["Appointment"])
    label: Line = Field(description="Label of the type", examples=["Appointment"])
    translations: Annotated[dict[Language, Line], Field(max_length=100)] = Field(
        {}, description="Label by language, BCP 47", examples=[{"de": "Termin"}]
    )
    icon: Line | None = Field(None, description="Name of the icon", examples=["calendar"])
    order: Annotated[int, Field(ge=0, le=10_000)] = Field(
        0, description="Place in lists; smaller comes first"
    )
    active: bool = Field(True, description="False for a type that new activities cannot have")
