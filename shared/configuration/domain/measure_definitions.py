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
        raise ValueError(f"a text has 1 to {LONGEST_VALUE} characters")
    if isinstance(value, int) and abs(value) > MOST_EXACT:
        raise ValueError("an integer is below 2^53")
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
    name: Key
    label: Line
    data_type: MeasureType
    currency: Currency | None = None
    translations: Annotated[
        dict[Language, Line], Field(max_length=MOST_TRANSLATIONS, description="label by language")
    ] = {}

    @model_validator(mode="after")
    def _money_has_a_currency(self) -> "MeasureDefinition":
        if (self.currency is not None) != (self.data_type == "Currency"):
            raise ValueError("a currency goes with the data type Currency, and with no other")
        return self

    def takes(self, value: float | str) -> bool:
        return isinstance(value, KINDS[self.data_type])


class MeasureValues(Body):
    values: Annotated[
        dict[Line, MeasureValue],
        Field(min_length=1, max_length=MOST_VALUES, description="by GUID or account number"),
    ]


class MeasureImport(Record):
    """What became of an import: customers written, those that had that value, names of nobody."""

    written: int
    unchanged: int
    unknown: list[str]


@dataclass(frozen=True, slots=True)
class MeasurePage:
    """Measures of some clients: `values` by client key and measure name, as far as available."""

    status: Literal["off", "ok", "unavailable"]
    definitions: tuple[MeasureDefinition, ...] = ()
    values: Mapping[str, Mapping[str, int | float | str]] = field(default_factory=dict)


class InsightsHealth(Record):
    """As the last check or fetch of this process has found it; `checkedAt` null: none yet."""

    status: Literal["ok", "unavailable", "off"]
    checked_at: datetime | None = None
    detail: str = ""
    secret_expires_at: datetime | None = None
    secret_expires_soon: bool = False
