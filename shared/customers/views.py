"""Customers and addresses as they are answered, apart from how they are stored."""

from collections.abc import Container, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from pydantic import Field, computed_field
from pydantic.alias_generators import to_camel

from shared.core.values import Attributes, Record
from shared.customers.documents import customer_document
from shared.customers.domain.addresses import Address
from shared.customers.domain.contacts import ContactView
from shared.customers.domain.creation import Candidate, Notice
from shared.customers.domain.customer_record import (
    PENDING_ACCOUNT,
    CustomerRecord,
    person_name,
)
from shared.customers.domain.customers import Customer, SearchField
from shared.customers.domain.pending_rules import Capabilities, capabilities
from shared.ports.documents import Document


class CustomerView(CustomerRecord):
    """What is answered of a customer: what is stored, and what is computed from it."""

    @computed_field(  # type: ignore[prop-decorator]  # the documented way to compute a field
        description='Account number as it is shown: "Pending sync" while there is none',
        examples=["004021"],
    )
    @property
    def display_account(self) -> str:
        return super().display_account

    @computed_field(  # type: ignore[prop-decorator]  # the documented way to compute a field
        description="What a store may do with the customer now"
    )
    @property
    def capabilities(self) -> Capabilities:
        return super().capabilities

    @computed_field(  # type: ignore[prop-decorator]  # the documented way to compute a field
        description="Name as it is shown, composed of the parts of the name",
        examples=["Karen Berg"],
    )
    @property
    def name(self) -> str:
        return super().name

    not_searchable: tuple[SearchField, ...] = Field(
        (),
        description="The fields of which search does not know everything, because there is so much",
        examples=[["address"]],
    )


class CustomerSelfView(CustomerView):
    """What customers see of their own record: nothing that the company keeps for itself."""

    affiliations: tuple[str, ...] = Field((), exclude=True)
    address_books: tuple[str, ...] = Field((), exclude=True)
    financial_dimensions: dict[str, str] = Field({}, exclude=True)
    attributes: Attributes = Field(
        {},
        description="Customer attributes that the company shows, by name",
        examples=[{"birthday": "1990-04-12"}],
    )
    created_by: str = Field(
        description="What kind of caller created the customer", examples=["employee"]
    )
    modified_by: str = Field(
        description="What kind of caller changed the customer last", examples=["employee"]
    )


class CreatedCustomer(CustomerView):
    """The customer, with what the caller should know of its creation."""

    warnings: tuple[Notice, ...] = Field((), description="Warnings; none stops a creation")
    duplicate_candidates: tuple[Candidate, ...] = Field(
        (), description="Existing customers who may be the same, where the company wants a warning"
    )


def stored_customer_view(body: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return what is answered of a stored customer, as JSON.

    A read that changes nothing needs no model: building one would be most of what it costs.
    """
    view = {name: body.get(name) for name in CUSTOMER_FIELDS}
    view["contacts"] = [_contact(contact, now) for contact in body["contacts"]]
    view["displayAccount"] = body["accountNumber"] or PENDING_ACCOUNT
    view["capabilities"] = _capabilities(body["syncStatus"], body["status"])
    view["name"] = _name(body)
    view["notSearchable"] = (body.get("directory") or {}).get("beyond", [])
    return view


def self_view(body: Mapping[str, Any], attributes: Container[str], now: datetime) -> dict[str, Any]:
    """Return what customers are answered of their own record, with these attributes only."""
    view = stored_customer_view(body, now)
    for name in OWN_TO_THE_COMPANY:
        del view[name]
    view["attributes"] = {
        name: value for name, value in view["attributes"].items() if name in attributes
    }
    for name in ("createdBy", "modifiedBy"):
        view[name] = view[name].partition(":")[0]
    return view


def customer_view(customer: Customer, now: datetime) -> dict[str, Any]:
    return stored_customer_view(customer_document(customer), now)


def created_customer_view(
    customer: Customer, now: datetime, warnings: Sequence[Notice], candidates: Sequence[Candidate]
) -> dict[str, Any]:
    view = customer_view(customer, now)
    return view | {"warnings": warnings, "duplicateCandidates": candidates}


def stored_address_view(document: Document) -> dict[str, Any]:
    """Return an item of a list of addresses, with its version, without building a model."""
    body = document.body
    view = {name: body.get(name) for name in ADDRESS_FIELDS}
    return view | {"id": body["addressId"], "etag": document.etag}


def _contact(contact: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return the contact point; an opt-in that is over is none, whether or not that is noted."""
    view = {name: contact.get(name) for name in CONTACT_FIELDS}
    until = contact.get("consentUntil")
    if until and datetime.fromisoformat(until) <= now:
        view |= {"marketingConsent": None, "consentAt": None}
    return view


def _name(body: Mapping[str, Any]) -> str:
    if body["customerType"] == "Organization":
        return body["organizationName"] or ""
    return person_name(body["firstName"], body["middleName"], body["lastName"])


@cache
def _capabilities(sync_status: str, status: str) -> dict[str, Any]:
    return capabilities(sync_status, status).model_dump(mode="json", by_alias=True)


def _fields(model: type[Record]) -> tuple[str, ...]:
    """Return the names in the order of the JSON, without having the model built for it."""
    return tuple(to_camel(name) for name in model.model_fields)


CUSTOMER_FIELDS = _fields(CustomerRecord)
OWN_TO_THE_COMPANY = tuple(
    to_camel(name) for name, field in CustomerSelfView.model_fields.items() if field.exclude
)
CONTACT_FIELDS = _fields(ContactView)
ADDRESS_FIELDS = _fields(Address)
