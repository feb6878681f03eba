"""A customer: a person or an organization that a company sells to."""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from shared.core.errors import Conflict, Flaw, Forbidden, Invalid, NotFound
from shared.core.evolve import evolve
from shared.core.values import (
    LINE,
    Attributes,
    Body,
    Currency,
    Key,
    Language,
    Line,
    LongLine,
    Record,
    plain_line,
)
from shared.customers.domain.contacts import Contacts
from shared.customers.domain.customer_record import CustomerRecord, ReceiptOption, Status
from shared.customers.domain.decisions import ShownConsent
from shared.customers.domain.normal_forms import check_email

SystemName = Annotated[Key, StringConstraints(pattern="^[^:]*$")]  # `web:u-8812` is read one way
ExternalIdValue = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=LINE),
    AfterValidator(plain_line),
]
ExternalIds = Annotated[
    dict[SystemName, ExternalIdValue | None],
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
SearchField = Literal["name", "email", "phone", "account", "address"]


class CustomerNotFound(NotFound):
    code = "customer-not-found"


class CustomerInactive(Conflict):
    code = "customer-inactive"


class CustomerRestricted(Conflict):
    """The data of the customer is kept, and not used: GDPR, Article 18. Withdrawals are taken."""

    code = "customer-restricted"


class CustomerErased(Conflict):
    """The customer was erased; the number stays, and is never given again."""

    code = "customer-erased"


class CustomerExists(Conflict):
    """A customer with the GUID that the caller chose exists already."""

    code = "customer-exists"


class NotYourRecord(Forbidden):
    code = "not-your-record"


class DefaultCustomer(Forbidden):
    """New customers of a store inherit from this one, so that head office alone changes it."""

    code = "default-customer"


class FieldNotAllowed(Forbidden):
    """The role of the caller may not set the fields in `fields`."""

    code = "field-not-allowed"


Closed = Literal["restricted", "erased"]
NOWHERE: tuple[Closed, ...] = ()
WHILE_RESTRICTED: tuple[Closed, ...] = ("restricted",)
EVERYWHERE: tuple[Closed, ...] = ("restricted", "erased")
NEVER_EMPTY = ("currency", "language", "receipt_option")


class CustomerFields(Body):
    """The fields that may be set when a customer is created, and edited later."""

    title: Line | None = Field(
        None,
        description="Personal title, one of the titles of the company; persons only",
        examples=["Ms."],
    )
    first_name: Line | None = Field(
        None, description="First name; a person has a first or a last name", examples=["Karen"]
    )
    middle_name: Line | None = Field(None, description="Middle name; persons only")
    last_name: Line | None = Field(
        None, description="Last name; a person has a first or a last name", examples=["Berg"]
    )
    suffix: Line | None = Field(None, description="Suffix of the name, such as Jr.; persons only")
    organization_name: LongLine | None = Field(
        None, description="Name of the organization; organizations only, and required of them"
    )
    customer_group: Key | None = Field(
        None, description="Customer group, a key of `customer-groups`", examples=["30"]
    )
    currency: Currency | None = Field(None, description="Currency of the customer, ISO 4217")
    language: Language | None = Field(None, description="Language of the customer, BCP 47")
    receipt_option: ReceiptOption | None = Field(
        None,
        description="How receipts are delivered: at the register, by e-mail, or both",
        examples=["Email"],
    )
    receipt_email: Email | None = Field(
        None, description="E-mail that receipts are sent to", examples=["karen@example.com"]
    )
    affiliations: Names | None = Field(
        None, description="Affiliations of the customer, keys of `affiliations`", examples=[["VIP"]]
    )
    address_books: Names | None = Field(
        None,
        description="Address books that make the customer local, keys of `address-books`",
        examples=[["USRSA"]],
    )
    attributes: Attributes | None = Field(
        None,
        description="Customer attributes of the company by name",
        examples=[{"birthday": "1990-04-12", "interests": ["Shoes", "Handbags"]}],
    )
    external_ids: ExternalIds | None = Field(
        None,
        description="Ids of the customer in other systems, by the name of the system",
        examples=[{"web": "u-8812"}],
    )


class CustomerEdit(CustomerFields):
    """A merge patch: null removes a value, and a field that is left out stays."""


class Restriction(Record):
    """Why the data of a customer is not used, since when, and who said so."""

    reason: str
    restricted_at: datetime
    restricted_by: str


class DirectoryState(Record):
    """A digest of what the directory says of the customer, and the version that changed it.

    `beyond` are the fields of which search does not know everything.
    """

    digest: str
    version: int
    beyond: tuple[SearchField, ...] = ()


class Customer(CustomerRecord):
    """A customer with what is never answered.

    `indexed_addresses` are the newest addresses, apart from the primary one: search covers at most
    ten, so that ten thousand addresses make the customer neither larger nor slower. `made_by` is
    the fingerprint of the request that created it, so that a repeated request creates no second
    customer; `removed_contacts` names the contact points that were removed last, so that one that
    added such a point does not bring it back, and a consent with it. By `directory` an edit that
    search does not show leaves the directory alone. `consents` are in force for the person, not
    for a contact point. While the customer is restricted, or is to be erased, nobody is to be
    written to.
    """

    contacts: Contacts = ()
    indexed_addresses: dict[str, str] = {}
    made_by: str | None = None
    removed_contacts: tuple[str, ...] = ()
    directory: DirectoryState | None = None
    consents: tuple[ShownConsent, ...] = ()
    restriction: Restriction | None = None
    erasure_requested: bool = False

    def edited(self, actor: str, now: datetime, **changes: Any) -> "Customer":
        """Return the customer with the changes. Raises CustomerInactive, Invalid."""
        if self.status != "Active":
            raise CustomerInactive(f"The customer is {self.status.lower()}; restore it first.")
        changed = evolve(self, **changes, modified_at=now, modified_by=actor)
        check_names(changed)
        return changed

    @property
    def is_held(self) -> bool:
        """Return whether nothing may be sent to the contact points."""
        return self.restricted or self.erasure_requested

    def check_open(self, passes: Collection[Closed] = ()) -> None:
        """Raise CustomerErased or CustomerRestricted, unless what is done `passes` there."""
        if self.status == "Erased" and "erased" not in passes:
            raise CustomerErased("The customer was erased.")
        if self.restricted and "restricted" not in passes:
            raise CustomerRestricted("The data of the customer is kept, and not used.")

    def stub(self, actor: str, now: datetime) -> "Customer":
        """Return what stays of the customer after an erasure: who it was is gone."""
        return Customer(
            id=self.id,
            account_number=self.account_number,
            status="Erased",
            legal_entity=self.legal_entity,
            store_number=self.store_number,
            customer_type=self.customer_type,
            ledger=self.ledger,
            version=self.version,
            created_at=self.created_at,
            created_by=self.created_by.partition(":")[0],
            modified_at=now,
            modified_by=actor,
            directory=self.directory,
            made_by=self.made_by,
        )

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
