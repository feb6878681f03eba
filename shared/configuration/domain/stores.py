"""Stores and online channels, the people who work there, and what both are grouped by."""

from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field

from shared.core.errors import NotFound
from shared.core.values import Country, Currency, Guid, Key, Language, Line, LongLine, Setting

ChannelType = Literal["Store", "Online", "CallCenter"]
Names = Annotated[list[Key], Field(max_length=50)]


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("not a time zone of the IANA database")
    return name


TimeZone = Annotated[str, AfterValidator(_known_zone)]


class ChannelNotFound(NotFound):
    """The company has no store or online channel of that number."""

    code = "channel-not-found"


class UnitAddress(Setting):
    country: Country
    street: LongLine | None = None
    city: Line | None = None
    state: Line | None = None
    postal_code: Line | None = None


class OperatingUnit(Setting):
    name: Line
    address: UnitAddress


class Store(Setting):
    store_number: Key
    name: Line
    channel_type: ChannelType = "Store"
    operating_unit: OperatingUnit
    currency: Currency
    language: Language
    time_zone: TimeZone = "UTC"
    default_customer_id: Guid | None = None
    functionality_profile: Key | None = None
    customer_address_books: Names = []
    employee_address_books: Names = []
    channel_database_group: Key | None = None

    @property
    def country(self) -> str:
        return self.operating_unit.address.country


class FunctionalityProfile(Setting):
    name: Key
    create_customers_asynchronously: bool = False
    create_customers_offline: bool = True


class ChannelDatabaseGroup(Setting):
    name: Key
    channels: Names = []
    filter_shared_customer_data: bool = False


class Worker(Setting):
    personnel_number: Key
    name: Line
    employee_address_books: Names = []
    permission_group: Key | None = None
    active: bool = True


class PermissionGroup(Setting):
    """What associates may do, by the numbers of POS operations; managers change others' notes."""

    name: Key
    manager: bool = False
    operations: Annotated[list[int], Field(max_length=200)] = []


class CustomerGroup(Setting):
    id: Key
    name: Line
    financial_dimensions: Annotated[dict[Key, Line], Field(max_length=20)] = {}
    account_number_sequence: Key | None = None


class Affiliation(Setting):
    name: Key
    description: Line | None = None


class AddressBook(Setting):
    name: Key
    description: Line | None = None


AddressRole = Literal[
    "None", "Invoice", "Delivery", "SWIFT", "Payment", "Service", "Home", "Other", "Business",
    "RemitTo", "ThirdPartyShipping", "Statement", "FixedAsset", "OneTime", "Recruit", "SMS",
]  # fmt: skip


class AddressPurpose(Setting):
    name: Key
    type: AddressRole = "None"


class Title(Setting):
    name: Key


class ActivityType(Setting):
    """`translations` are the label by language."""

    name: Key
    label: Line
    translations: Annotated[dict[Language, Line], Field(max_length=100)] = {}
    icon: Line | None = None
    order: Annotated[int, Field(ge=0, le=10_000)] = 0
    active: bool = True
