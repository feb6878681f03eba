"""A legal entity: the unit that customers, books and settings belong to and never leave."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from shared.configuration.domain.number_sequences import NumberSequence
from shared.configuration.domain.stores import AddressPurpose, Title
from shared.core.errors import NotFound
from shared.core.values import CompanyCode, Currency, Key, Language, Line, Record, Setting

DuplicatePolicy = Literal["allow", "warn", "block"]
PropertyName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,249}$")]
Rate = Annotated[int, Field(ge=0, le=1_000_000)]
CUSTOMER_NUMBERS = "CustomerAccount"
CLIENT_BOOK_NUMBERS = "ClientBook"


EmployeeField = Annotated[
    str,
    StringConstraints(
        pattern=r"^(customerGroup|affiliations|currency|addressBooks|externalIds|attributes/[^/]+)$",
        max_length=80,
    ),
]


class LegalEntityNotFound(NotFound):
    code = "legal-entity-not-found"


class CompanyFields(Setting):
    """What is configured of a company itself."""

    name: Line = Field(description="Name of the company", examples=["Contoso Retail"])
    currency: Currency = Field(description="Currency of the company, ISO 4217")
    language: Language = Field(description="Language of the company, BCP 47")


class Company(Record):
    """A company, or legal entity: the unit that customers and settings belong to."""

    legal_entity: CompanyCode = Field(description="Code of the company")
    name: str = Field(description="Name of the company", examples=["Contoso Retail"])
    currency: str = Field(description="Currency of the company, ISO 4217", examples=["USD"])
    language: str = Field(description="Language of the company, BCP 47", examples=["en-US"])
    since: int = Field(description="Year in which the company was created here", examples=[2026])


def _distinct(names: list[str]) -> list[str]:
    if len(set(names)) < len(names):
        raise ValueError("a measure must not be repeated")
    return names


class CustomerInsights(Setting):
    """The connection to Customer Insights."""

    enabled: bool = Field(False, description="Whether measures are fetched from Customer Insights")
    application_id: Line | None = Field(
        None,
        description="Id of the application that signs in",
        examples=["0b3d7c52-1111-4d0b-9c53-0d6f5c1e9a10"],
    )
    secret_name: Line | None = Field(
        None,
        description="Name of the secret of the application in the key vault, insights-, the "
        "company, and a name: or vault://VAULT/ and that, for another vault",
        examples=["insights-USRT-client"],
    )
    environment_instance_id: Line | None = Field(
        None,
        description="Instance id of the Customer Insights environment",
        examples=["5f1e2d3c-2222-4d0b-9c53-0d6f5c1e9a10"],
    )
    alternate_customer_id: PropertyName | None = Field(
        None,
        description="Property of its profiles that holds the account number",
        examples=["CustomerAccount"],
    )
    measures: Annotated[list[Line], Field(max_length=3), AfterValidator(_distinct)] = Field(
        [],
        description="Measures shown on cards, in this order: at most three",
        examples=[["LifetimeSpend"]],
    )


class Parameters(Setting):
    """The parameters of a company."""

    customer_attribute_group: Key | None = Field(
        None,
        description="Attribute group of customers, a key of `attribute-groups`",
        examples=["Customers"],
    )
    client_book_attribute_group: Key | None = Field(
        None,
        description="Attribute group of clients of a book, a key of `attribute-groups`",
        examples=["ClientBook"],
    )
    client_book_number_sequence: Key | None = Field(
        None,
        description="Number sequence of client books, a key of `number-sequences`",
        examples=["ClientBook"],
    )
    customer_number_sequence: Key | None = Field(
        None,
        description="Number sequence of account numbers, a key of `number-sequences`",
        examples=["CustomerAccount"],
    )
    employee_fields: Annotated[list[EmployeeField], Field(max_length=200)] = Field(
        [],
        description="Fields that employees may change, of those that head office and applications "
        "change otherwise: customerGroup, affiliations, currency, addressBooks, externalIds, and "
        "attributes/NAME for an attribute that head office sets",
        examples=[["affiliations", "attributes/creditTier"]],
    )
    duplicate_policy: DuplicatePolicy = Field(
        "allow",
        description="What happens when a new customer may exist already: allow, warn or block",
    )
    allow_several_associates: bool = Field(
        False, description="Whether a customer can be in the books of several associates"
    )
    confirmation_days: Annotated[int, Field(ge=1, le=90)] = Field(
        7, description="Days in which an opt-in can be confirmed, where it has to be"
    )
    erasure_cancel_days: Annotated[int, Field(ge=0, le=25)] = Field(
        7, description="Days between the request for an erasure and its start, to cancel it"
    )
    most_addresses: Annotated[int, Field(ge=1, le=100_000)] = Field(
        10_000,
        description="Addresses in force that a customer may have; by the own hand 50 at most",
    )
    access_log_days: Annotated[int, Field(ge=1, le=3_650)] = Field(
        180, description="Days for which it is kept who looked at a customer"
    )
    customers_an_hour: Annotated[int, Field(ge=0, le=1_000_000)] = Field(
        2_000,
        description="Customers whom an employee may look at within an hour before an alarm; 0: any",
    )
    customer_requests_a_second: Rate = Field(
        10, description="Requests a second of a Customer, on each instance; 0: any number"
    )
    customer_request_burst: Rate = Field(
        100, description="Requests of a Customer that may come at once"
    )
    employee_requests_a_second: Rate = Field(
        200, description="Requests a second of an Employee, on each instance; 0: any number"
    )
    employee_request_burst: Rate = Field(
        5_000, description="Requests of an Employee that may come at once"
    )
    application_requests_a_second: Rate = Field(
        0, description="Requests a second of an Application, on each instance; 0: any number"
    )
    application_request_burst: Rate = Field(
        0, description="Requests of an Application that may come at once"
    )
    administrator_requests_a_second: Rate = Field(
        0, description="Requests a second of an Administrator, on each instance; 0: any number"
    )
    administrator_request_burst: Rate = Field(
        0, description="Requests of an Administrator that may come at once"
    )
    trust_unregistered_workers: bool = Field(
        False,
        description="Whether an employee whom nobody has registered as a worker may do everything",
    )
    trust_unregistered_channels: bool = Field(
        True,
        description="Whether an application speaks for any channel that nobody is registered for",
    )
    download_every_seconds: Annotated[int, Field(ge=10, le=86_400)] = Field(
        60, description="Seconds after which a channel looks for packages again"
    )
    customer_insights: CustomerInsights = Field(
        CustomerInsights.model_construct(), description="Connection to Customer Insights"
    )


def limit_of(role: str, parameters: Parameters) -> tuple[int, int]:
    """Return how many requests a second a caller of the role may make, and how many at once."""
    return {
        "Customer": (parameters.customer_requests_a_second, parameters.customer_request_burst),
        "Employee": (parameters.employee_requests_a_second, parameters.employee_request_burst),
        "Application": (
            parameters.application_requests_a_second,
            parameters.application_request_burst,
        ),
        "Administrator": (
            parameters.administrator_requests_a_second,
            parameters.administrator_request_burst,
        ),
    }[role]


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
