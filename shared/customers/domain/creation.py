"""Creating a customer from the request, the store and its default customer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field

from shared.configuration.domain.attributes import Definitions, check, listed, with_defaults
from shared.configuration.domain.stores import CustomerGroup, Store
from shared.core.values import Guid, Key, Record
from shared.customers.domain import contacts as cp
from shared.customers.domain.addresses import NewAddress
from shared.customers.domain.customer_record import CustomerType, ReceiptOption
from shared.customers.domain.customers import (
    Customer,
    CustomerFields,
    check_names,
)
from shared.customers.domain.decisions import CONSENT, Statement, check_count, said_of
from shared.customers.domain.normal_forms import normalize

MAX_ADDRESSES = 40  # created together with the customer in one commit; more can be added
RECEIPT_EMAIL_WARNING = (
    "The default customer has a receipt e-mail. Every new customer without one inherits it."
)


class NewCustomer(CustomerFields):
    """The body that creates a customer."""

    store_number: Key = Field(
        description="Store or online channel where the customer is created, a key of `stores`",
        examples=["HOUSTON"],
    )
    id: Guid | None = Field(None, description="GUID chosen by the caller; left out, one is made")
    customer_type: CustomerType | None = Field(
        None,
        description="Person or organization; that of the default customer if left out",
        examples=["Person"],
    )
    contacts: Annotated[list[cp.NewContact], Field(max_length=cp.MAX_CONTACTS)] = Field(
        [], description="Contact points of the customer"
    )
    addresses: Annotated[list[NewAddress], Field(max_length=MAX_ADDRESSES)] = Field(
        [],
        description="Addresses of the customer; the first is primary unless another is marked so",
    )


class Notice(Record):
    """A warning that does not stop the request."""

    code: str = Field(description="Code of the warning; stable", examples=["default-receipt-email"])
    detail: str = Field(
        description="The warning in a sentence",
        examples=["The default customer has a receipt e-mail."],
    )


class Candidate(Record):
    """An existing customer who may be the same as the new one, and what both share."""

    id: str = Field(
        description="GUID of the existing customer",
        examples=["3f0c7a52-8a4e-4d0b-9c53-0d6f5c1e9a10"],
    )
    account_number: str | None = Field(
        description="Account number; null while the customer is pending", examples=["004021"]
    )
    name: str = Field(description="Name of the existing customer", examples=["Karen Berg"])
    shared: tuple[str, ...] = Field(
        description="What both customers share: email, phone, or nameAndPostalCode",
        examples=[["email"]],
    )


class CustomerDefaults(Record):
    """What a new customer of a store inherits, where the request says nothing else."""

    store_number: str = Field(description="The store", examples=["HOUSTON"])
    default_customer_id: str | None = Field(
        None,
        description="GUID of the default customer of the store; null if it has none",
        examples=["9a10c7a5-8a4e-4d0b-9c53-0d6f5c1e3f0c"],
    )
    customer_type: CustomerType = Field("Person", description="Person or organization")
    customer_group: str | None = Field(
        None, description="Customer group, a key of `customer-groups`", examples=["30"]
    )
    receipt_option: ReceiptOption = Field("Pos", description="How receipts are delivered")
    receipt_email: str | None = Field(
        None, description="E-mail that receipts are sent to, where the new customer brings none"
    )
    currency: str = Field(description="Currency, ISO 4217", examples=["USD"])
    language: str = Field(description="Language, BCP 47", examples=["en-US"])
    affiliations: tuple[str, ...] = Field(
        (), description="Affiliations, keys of `affiliations`", examples=[["VIP"]]
    )
    financial_dimensions: dict[str, str] = Field(
        {},
        description="Financial dimensions of the customer group",
        examples=[{"CostCenter": "015"}],
    )
    address_books: tuple[str, ...] = Field(
        (), description="Customer address books of the store", examples=[["USRSA"]]
    )
    country: str = Field(
        description="Country of new addresses, ISO 3166-1 alpha-2", examples=["US"]
    )
    warnings: tuple[Notice, ...] = Field(
        (), description="What to be aware of before customers are created in this store"
    )


@dataclass(frozen=True, slots=True)
class Creation:
    """The circumstances in which one customer is created."""

    id: str
    legal_entity: str
    made_by: str | None
    actor: str
    now: datetime


def defaults(
    store: Store, default_customer: Customer | None, group: CustomerGroup | None
) -> CustomerDefaults:
    """Copy exactly what a default customer passes on, and take the rest from the store."""
    own: dict[str, object] = {
        "store_number": store.store_number,
        "currency": store.currency,
        "language": store.language,
        "address_books": tuple(store.customer_address_books),
        "country": store.country,
    }
    if default_customer is None:
        return CustomerDefaults(**own)
    inherited = {
        "default_customer_id": default_customer.id,
        "customer_type": default_customer.customer_type,
        "customer_group": default_customer.customer_group,
        "receipt_option": default_customer.receipt_option,
        "receipt_email": default_customer.receipt_email,
        "currency": default_customer.currency or store.currency,
        "language": default_customer.language or store.language,
        "affiliations": default_customer.affiliations,
        "financial_dimensions": group.financial_dimensions if group else {},
        "warnings": _warnings(default_customer),
    }
    return CustomerDefaults(**(own | inherited))


def draft_customer(
    new: NewCustomer,
    inherited: CustomerDefaults,
    creation: Creation,
    *,
    contacts: cp.Contacts,
    definitions: Definitions,
) -> Customer:
    """Return the new customer, still without an account number. Raises Invalid."""
    kind = new.customer_type or inherited.customer_type
    check_names(new, kind)
    attributes = with_defaults(new.attributes or {}, definitions)
    check(attributes, definitions)
    attributes = listed(attributes, definitions)
    given = new.model_dump(
        exclude_none=True, exclude={"id", "contacts", "addresses", "attributes", "external_ids"}
    )
    copied = inherited.model_dump(
        exclude={"default_customer_id", "country", "warnings", "store_number"}
    )
    return Customer(
        **(copied | given | {"customer_type": kind}),
        id=creation.id,
        account_number=None,
        legal_entity=creation.legal_entity,
        contacts=contacts,
        attributes=attributes,
        external_ids={name: value for name, value in (new.external_ids or {}).items() if value},
        created_at=creation.now,
        created_by=creation.actor,
        modified_at=creation.now,
        modified_by=creation.actor,
        made_by=creation.made_by,
    )


def first_contacts(
    new: Sequence[cp.NewContact], kind: CustomerType, *, country: str, several: bool
) -> cp.Contacts:
    """Return the contact points of a new customer, numbered in the order they were given."""
    contacts: cp.Contacts = ()
    purpose = "Personal" if kind == "Person" else "Business"
    for index, contact in enumerate(new):
        normal = normalize(contact.kind, contact.value, country, f"/contacts/{index}/value")
        added = cp.contact(contact, f"{index + 1}", normal=normal, purpose=purpose)
        contacts = cp.add(contacts, added, several=several)
    return contacts


def details_of(new: NewCustomer) -> Mapping[str, Statement]:
    """Return what the contact points say about consent, for its participant. Raises Invalid."""
    said = [
        one
        for index, contact in enumerate(new.contacts)
        for one in said_of(
            f"{index + 1}", contact.marketing_consent, contact.consents, f"/contacts/{index}"
        )
    ]
    check_count(said)
    return {CONSENT: Statement(said)}


def _warnings(default_customer: Customer) -> tuple[Notice, ...]:
    if default_customer.receipt_email is None:
        return ()
    return (Notice(code="default-receipt-email", detail=RECEIPT_EMAIL_WARNING),)
