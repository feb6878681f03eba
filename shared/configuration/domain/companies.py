"""A legal entity: the unit that customers, books and settings belong to and never leave."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from shared.configuration.domain.number_sequences import NumberSequence
from shared.configuration.domain.stores import AddressPurpose, Title
from shared.core.errors import NotFound
from shared.core.values import CompanyCode, Currency, Key, Language, Line, Record, Setting

DuplicatePolicy = Literal["allow", "warn", "block"]
PropertyName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,249}$")]
CUSTOMER_NUMBERS = "CustomerAccount"
CLIENT_BOOK_NUMBERS = "ClientBook"


class LegalEntityNotFound(NotFound):
    code = "legal-entity-not-found"


class CompanyFields(Setting):
    name: Line
    currency: Currency
    language: Language


class Company(Record):
    legal_entity: CompanyCode
    name: str
    currency: str
    language: str
    since: int  # the year it was made here: the list of its customers begins there


def _distinct(names: list[str]) -> list[str]:
    if len(set(names)) < len(names):
        raise ValueError("a measure is named once")
    return names


class CustomerInsights(Setting):
    enabled: bool = False
    application_id: Line | None = None
    secret_name: Line | None = None
    environment_instance_id: Line | None = None
    alternate_customer_id: PropertyName | None = None
    measures: Annotated[list[Line], Field(max_length=3), AfterValidator(_distinct)] = []


class Parameters(Setting):
    customer_attribute_group: Key | None = None
    client_book_attribute_group: Key | None = None
    client_book_number_sequence: Key | None = None
    customer_number_sequence: Key | None = None
    duplicate_policy: DuplicatePolicy = "allow"
    allow_several_associates: bool = False
    customer_insights: CustomerInsights = CustomerInsights.model_construct()


def first_parameters() -> Parameters:
    return Parameters(
        customer_number_sequence=CUSTOMER_NUMBERS, client_book_number_sequence=CLIENT_BOOK_NUMBERS
    )


def first_sequences() -> list[NumberSequence]:
    return [
        NumberSequence(code=CUSTOMER_NUMBERS, format="######"),
        NumberSequence(code=CLIENT_BOOK_NUMBERS, format="CB-######", block_size=1),
    ]


def first_purposes() -> list[AddressPurpose]:
    """Return the purposes that the rules themselves name, so that a new company can trade."""
    return [
        AddressPurpose(name="Home", type="Home"),
        AddressPurpose(name="Business", type="Business"),
        AddressPurpose(name="Office", type="Business"),
        AddressPurpose(name="Post box", type="Other"),
        AddressPurpose(name="Delivery", type="Delivery"),
        AddressPurpose(name="Invoice", type="Invoice"),
    ]


def first_titles() -> list[Title]:
    return [
        Title(name=name)
        for name in ("Mr.", "Ms.", "Mrs.", "Miss", "Mx.", "Dr.", "Prof.", "Sr.", "Sra.")
    ]
