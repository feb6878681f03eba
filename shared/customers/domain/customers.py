"""A customer: a person or an organization that a company sells to."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from shared.core.errors import Conflict, Flaw, Forbidden, Invalid, NotFound
from shared.core.evolve import evolve
from shared.core.values import (
    Attributes,
    Body,
    Currency,
    Guid,
    Key,
    Language,
    Line,
    LongLine,
    Record,
)
from shared.customers.domain.contacts import Contacts, ContactView, check_email
from shared.customers.domain.pending_rules import Capabilities, capabilities

CustomerType = Literal["Person", "Organization"]
ReceiptOption = Literal["Pos", "Email", "Both"]
SyncStatus = Literal["PendingSync", "Synced", "SyncFailed"]
Status = Literal["Active", "Inactive", "Merged", "Erased"]
ExternalIds = Annotated[
    dict[Key, Annotated[str, StringConstraints(min_length=1, max_length=200)] | None],
    Field(max_length=20),
]
Names = Annotated[tuple[Key, ...], Field(max_length=50)]
Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=254),
    AfterValidator(check_email),
]
PERSON_ONLY = ("title", "first_name", "middle_name", "last_name", "suffix")
STAFF_ONLY = frozenset(
    {"customer_group", "currency", "affiliations", "address_books", "external_ids"}
)
MAX_INDEXED_ADDRESSES = 10
PENDING_ACCOUNT = "Pending sync"


class CustomerNotFound(NotFound):
    code = "customer-not-found"


class CustomerInactive(Conflict):
    code = "customer-inactive"


class CustomerExists(Conflict):
    """A customer with the GUID that the caller chose exists already."""

    code = "customer-exists"


class NotYourRecord(Forbidden):
    code = "not-your-record"


class FieldNotAllowed(Forbidden):
    """A customer changes a field that only the company may set."""

    code = "field-not-allowed"


NEVER_EMPTY = ("currency", "language", "receipt_option")


class CustomerFields(Body):
    """The fields that may be set when a customer is created, and edited later."""

    title: Line | None = None
    first_name: Line | None = None
    middle_name: Line | None = None
    last_name: Line | None = None
    suffix: Line | None = None
    organization_name: LongLine | None = None
    customer_group: Key | None = None
    currency: Currency | None = None
    language: Language | None = None
    receipt_option: ReceiptOption | None = None
    receipt_email: Email | None = None
    affiliations: Names | None = None
    address_books: Names | None = None
    attributes: Attributes | None = None
    external_ids: ExternalIds | None = None


class CustomerEdit(CustomerFields):
    """A merge patch: null removes a value, and a field that is left out stays."""


class AddressSummary(Record):
    """The primary address, as shown with the customer."""

    id: str
    purpose: str
    street: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None
    name: str | None = None
    phone: str | None = None


class CustomerRecord(Record):
    """What is known of a customer. `version` counts the changes, from 1."""

    id: Guid
    account_number: str | None
    sync_status: SyncStatus = "Synced"
    status: Status = "Active"
    legal_entity: str
    store_number: str
    customer_type: CustomerType
    title: str | None = None
    first_name: str | None = None
    middle_name: str | None = None
    last_name: str | None = None
    suffix: str | None = None
    organization_name: str | None = None
    customer_group: str | None = None
    currency: str | None = None
    language: str | None = None
    receipt_option: ReceiptOption = "Pos"
    receipt_email: str | None = None
    affiliations: tuple[str, ...] = ()
    address_books: tuple[str, ...] = ()
    contacts: tuple[ContactView, ...] = ()
    attributes: Attributes = {}
    external_ids: dict[str, str] = {}
    financial_dimensions: dict[str, str] = {}
    address_count: int = 0
    primary_address: AddressSummary | None = None
    version: int = 1
    created_at: datetime
    created_by: str
    modified_at: datetime
    modified_by: str

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


class Customer(CustomerRecord):
    """A customer with what is never answered.

    `indexed_addresses` are the addresses, apart from the primary one, that search covers: at most
    ten, so that ten thousand addresses make the customer neither larger nor slower. `made_by` is
    the fingerprint of the request that created it, so that a repeated request creates no second
    customer.
    """

    contacts: Contacts = ()
    indexed_addresses: dict[str, str] = {}
    made_by: str | None = None

    def edited(self, actor: str, now: datetime, **changes: Any) -> "Customer":
        """Return the customer with the changes. Raises CustomerInactive, Invalid."""
        if self.status != "Active":
            raise CustomerInactive(f"The customer is {self.status.lower()}; restore it first.")
        changed = evolve(self, **changes, modified_at=now, modified_by=actor)
        check_names(changed)
        return changed

    def with_status(self, status: Status, actor: str, now: datetime) -> "Customer":
        return evolve(self, status=status, modified_at=now, modified_by=actor)


def merged(customer: Customer, edit: CustomerEdit) -> dict[str, Any]:
    """Return the changes that the merge patch requests. Raises Invalid."""
    changes: dict[str, Any] = {name: getattr(edit, name) for name in edit.model_fields_set}
    flaws = [
        Flaw(f"/{_camel(name)}", "required", "It can be changed, not removed.")
        for name in NEVER_EMPTY
        if name in changes and changes[name] is None
    ]
    if flaws:
        raise Invalid(flaws)
    for name in ("affiliations", "address_books"):
        if name in changes:
            changes[name] = changes[name] or ()
    for name in ("attributes", "external_ids"):
        if name in changes:
            changes[name] = _merged_map(getattr(customer, name), changes[name])
    return changes


def _merged_map(old: dict[str, Any], patch: dict[str, Any] | None) -> dict[str, Any]:
    both = old | patch if patch is not None else {}
    return {name: value for name, value in both.items() if value is not None}


def check_names(
    customer: CustomerRecord | CustomerFields, customer_type: str | None = None
) -> None:
    """A person has a first or a last name, an organization its name, and neither has both."""
    kind = customer_type or getattr(customer, "customer_type", "Person")
    flaws = []
    if kind == "Organization":
        if not customer.organization_name:
            flaws.append(Flaw("/organizationName", "required", "An organization has a name."))
        flaws += [
            Flaw(f"/{_camel(field)}", "persons-only", "An organization has no such name.")
            for field in PERSON_ONLY
            if getattr(customer, field) is not None
        ]
    else:
        if not (customer.first_name or customer.last_name):
            flaws.append(Flaw("/lastName", "required", "A person has a first or a last name."))
        if customer.organization_name is not None:
            flaws.append(
                Flaw("/organizationName", "organizations-only", "A person has no such name.")
            )
    if flaws:
        raise Invalid(flaws)


def _camel(field: str) -> str:
    head, *tail = field.split("_")
    return head + "".join(part.title() for part in tail)
