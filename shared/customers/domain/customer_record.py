"""What is known of a customer, as it is stored and answered."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from shared.core.values import Attributes, Guid, Record
from shared.customers.domain.contacts import ContactView
from shared.customers.domain.pending_rules import Capabilities, capabilities

CustomerType = Literal["Person", "Organization"]
ReceiptOption = Literal["Pos", "Email", "Both"]
SyncStatus = Literal["PendingSync", "Synced", "SyncFailed"]
Status = Literal["Active", "Inactive", "Merged", "Erased"]

PENDING_ACCOUNT = "Pending sync"


class AddressSummary(Record):
    """The primary address, as shown with the customer."""

    id: str = Field(description="Id of the address", examples=["1"])
    purpose: str = Field(
        description="Purpose of the address, a key of `address-purposes`", examples=["Home"]
    )
    street: str | None = Field(None, description="Street and number", examples=["12 Main Street"])
    city: str | None = Field(None, description="City", examples=["Houston"])
    state: str | None = Field(None, description="State or province", examples=["TX"])
    postal_code: str | None = Field(None, description="Postal code", examples=["77002"])
    country: str | None = Field(None, description="Country, ISO 3166-1 alpha-2", examples=["US"])
    name: str | None = Field(None, description="Name at the address", examples=["Karen Berg"])
    phone: str | None = Field(
        None, description="Phone at the address", examples=["+1 713 555 0142"]
    )


class LedgerHead(Record):
    """How far the ledger of consents has come: the number of its last entry, and its hash."""

    sequence: int = Field(description="Number of the last entry; 0 if there is none", examples=[3])
    head: str = Field(
        description="SHA-256 of the last entry, as hexadecimal digits; zeros if there is none"
    )


class CustomerRecord(Record):
    """What is known of a customer."""

    id: Guid = Field(description="GUID of the customer, which never changes")
    account_number: str | None = Field(
        description="Account number; null while the customer is pending", examples=["004021"]
    )
    sync_status: SyncStatus = Field(
        "Synced",
        description="Whether the customer has an account number, waits for it, or could not get it",
    )
    status: Status = Field(
        "Active", description="Active, deactivated, merged into another customer, or erased"
    )
    legal_entity: str = Field(description="Company of the customer", examples=["USRT"])
    store_number: str = Field(
        description="Store or online channel where the customer was created", examples=["HOUSTON"]
    )
    customer_type: CustomerType = Field(
        description="Whether the customer is a person or an organization"
    )
    title: str | None = Field(None, description="Personal title", examples=["Ms."])
    first_name: str | None = Field(None, description="First name", examples=["Karen"])
    middle_name: str | None = Field(None, description="Middle name")
    last_name: str | None = Field(None, description="Last name", examples=["Berg"])
    suffix: str | None = Field(None, description="Suffix of the name, such as Jr.")
    organization_name: str | None = Field(
        None, description="Name of the organization; null for a person"
    )
    customer_group: str | None = Field(
        None, description="Customer group, a key of `customer-groups`", examples=["30"]
    )
    currency: str | None = Field(
        None, description="Currency of the customer, ISO 4217", examples=["USD"]
    )
    language: str | None = Field(
        None, description="Language of the customer, BCP 47", examples=["en-US"]
    )
    receipt_option: ReceiptOption = Field(
        "Pos", description="How receipts are delivered: at the register, by e-mail, or both"
    )
    receipt_email: str | None = Field(
        None, description="E-mail that receipts are sent to", examples=["karen@example.com"]
    )
    affiliations: tuple[str, ...] = Field(
        (), description="Affiliations of the customer, keys of `affiliations`", examples=[["VIP"]]
    )
    address_books: tuple[str, ...] = Field(
        (),
        description="Address books that make the customer local, keys of `address-books`",
        examples=[["USRSA"]],
    )
    contacts: tuple[ContactView, ...] = Field(
        (), description="Contact points; of each kind one is primary"
    )
    attributes: Attributes = Field(
        {},
        description="Customer attributes of the company by name",
        examples=[{"birthday": "1990-04-12", "interests": ["Shoes", "Handbags"]}],
    )
    external_ids: dict[str, str] = Field(
        {},
        description="Ids of the customer in other systems, by the name of the system",
        examples=[{"web": "u-8812"}],
    )
    financial_dimensions: dict[str, str] = Field(
        {},
        description="Financial dimensions, copied from the customer group",
        examples=[{"CostCenter": "015"}],
    )
    address_count: int = Field(0, description="Number of addresses in force")
    primary_address: AddressSummary | None = Field(
        None, description="The primary address; null if there is none"
    )
    restricted: bool = Field(
        False, description="Whether the data is kept, and not used: GDPR, Article 18"
    )
    ledger: LedgerHead | None = Field(
        None, description="The last entry of the ledger of consents; null if there was none yet"
    )
    version: int = Field(1, description="Counts the changes of the customer, from 1")
    created_at: datetime = Field(description="When the customer was created")
    created_by: str = Field(
        description="Who created the customer: a role and who it was", examples=["employee:000160"]
    )
    modified_at: datetime = Field(description="When the customer was changed last")
    modified_by: str = Field(
        description="Who changed the customer last", examples=["employee:000160"]
    )

    @property
    def display_account(self) -> str:
        return self.account_number or PENDING_ACCOUNT

    @property
    def capabilities(self) -> Capabilities:
        return capabilities(self.sync_status, self.status)

    @property
    def name(self) -> str:
        if self.customer_type == "Organization":
            return self.organization_name or ""
        return person_name(self.first_name, self.middle_name, self.last_name)


def person_name(*parts: str | None) -> str:
    """Return the name of a person as it is shown."""
    return " ".join(part for part in parts if part)
