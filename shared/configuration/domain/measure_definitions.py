"""Measures of customers: how one is defined, which values it takes, and how its source is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StrictFloat, StrictInt, StrictStr, model_validator

from shared.core.errors import NotFound
from shared.core.values import Body, Currency, Key, Language, Line, Record, Setting

MOST_VALUES = 1000
MOST_TRANSLATIONS = 50
LONGEST_VALUE = 250
MOST_EXACT = 2**53 - 1  # JSON numbers are doubles

MeasureType = Literal["Integer", "Decimal", "Currency", "Text"]


def _storable(value: float | str) -> float | str:
    if isinstance(value, str) and not 0 < len(value) <= LONGEST_VALUE:
        raise ValueError(f"a text must have 1 to {LONGEST_VALUE} characters")
    if isinstance(value, int) and abs(value) > MOST_EXACT:
        raise ValueError("an integer must be below 2^53")
    return value


# One check after the reading of a union: its flaw is at the value, not at one of its readings.
MeasureValue = Annotated[StrictInt | StrictFloat | StrictStr, AfterValidator(_storable)]
KINDS: dict[str, tuple[type, ...]] = {
    "Integer": (int,),
    "Decimal": (int, float),
    "Currency": (int, float),
    "Text": (str,),
}


class MeasureNotDefined(NotFound):
    code = "measure-not-defined"


class MeasureDefinition(Setting):
    """A measure of customers: its label and the type of its values."""

    name: Key = Field(description="Name of the measure, its key", examples=["LifetimeSpend"])
    label: Line = Field(description="Label of the measure on a card", examples=["Lifetime spend"])
    data_type: MeasureType = Field(description="Type of the values", examples=["Integer"])
    currency: Currency | None = Field(
        None,
        description="Currency of the values, ISO 4217; of measures of type Currency only",
        examples=[None],
    )
    translations: Annotated[dict[Language, Line], Field(max_length=MOST_TRANSLATIONS)] = Field(
        {}, description="Label by language, BCP 47"
    )

    @model_validator(mode="after")
    def _money_has_a_currency(self) -> "MeasureDefinition":
        if (self.currency is not None) != (self.data_type == "Currency"):
            raise ValueError("the data type Currency requires a currency, and no other takes one")
        return self

    def takes(self, value: float | str) -> bool:
        return isinstance(value, KINDS[self.data_type])


class MeasureValues(Body):
    """Values of a measure for many customers."""

    values: Annotated[
        dict[Line, MeasureValue],
        Field(
            min_length=1,
            max_length=MOST_VALUES,
            description="Value of the measure by GUID or account number",
            examples=[{"004021": 1250}],
        ),
    ]


class MeasureImport(Record):
    """The result of an import of values."""

    written: int = Field(description="Number of customers whose value was written", examples=[41])
    unchanged: int = Field(
        description="Number of customers that had the value already", examples=[3]
    )
    unknown: list[str] = Field(description="Ids of the request that name no customer")


@dataclass(frozen=True, slots=True)
class MeasurePage:
    """Measures of some clients: `values` by client key and measure name, as far as available."""

    status: Literal["off", "ok", "unavailable"]
    definitions: tuple[MeasureDefinition, ...] = ()
    values: Mapping[str, Mapping[str, int | float | str]] = field(default_factory=dict)


class InsightsHealth(Record):
    """The state of the connection to Customer Insights, as this process saw it last."""

    status: Literal["ok", "unavailable", "off"] = Field(
        description="Whether the connection works, fails, or is switched off"
    )
    checked_at: datetime | None = Field(
        None, description="When the connection was used or checked last; null if it was not yet"
    )
    detail: str = Field("", description="What is wrong with the connection; empty if nothing is")
    secret_expires_at: datetime | None = Field(
        None, description="When the secret of the application expires, where that is known"
    )
    secret_expires_soon: bool = Field(False, description="Whether the secret expires within days")
