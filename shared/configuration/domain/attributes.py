"""Attributes: what a company wants to know of its customers beyond the fields all have."""

import datetime as dt
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from shared.core.errors import Flaw, Invalid
from shared.core.evolve import evolve
from shared.core.values import Attributes, AttributeValue, Key, Line, Setting, Text

DataType = Literal["Text", "Integer", "Decimal", "Boolean", "Currency", "Date"]
Default = bool | int | float | str | list[str] | None
LONGEST_TEXT = 1000
LARGEST = 2**53 - 1  # beyond it a JSON number is not read alike everywhere


class ValueRange(Setting):
    """Inclusive limits: numbers, or dates as YYYY-MM-DD."""

    min: float | str | None = Field(
        None,
        description="Smallest value: a number, or a date for an attribute type of Date",
        examples=[0],
    )
    max: float | str | None = Field(
        None,
        description="Largest value: a number, or a date for an attribute type of Date",
        examples=[100],
    )


class AttributeType(Setting):
    """A type of attribute values."""

    name: Key = Field(description="Name of the type, its key", examples=["Interests"])
    data_type: DataType = Field(description="Type of the values", examples=["Text"])
    unit: Line | None = Field(None, description="Unit of measure; of Integer and Decimal only")
    fixed_list: Annotated[list[Line], Field(max_length=1000)] = Field(
        [],
        description="Values that can be chosen; of Text only, and empty if any text can",
        examples=[["Shoes", "Handbags"]],
    )
    range: ValueRange | None = Field(
        None, description="Inclusive limits of the values", examples=[None]
    )
    multi_value: bool = Field(False, description="Whether a customer can have several values")
    labels: Annotated[dict[str, dict[str, Line]], Field(max_length=1000)] = Field(
        {},
        description="Labels of the values of the fixed list, by value and language",
        examples=[{"Shoes": {"de": "Schuhe"}}],
    )

    @model_validator(mode="after")
    def _fits_its_data_type(self) -> "AttributeType":
        if self.fixed_list and self.data_type != "Text":
            raise ValueError("only an attribute type of Text can have a fixed list")
        if self.unit and self.data_type not in {"Integer", "Decimal"}:
            raise ValueError("only an attribute type of Integer or Decimal can have a unit")
        if self.range:
            self._check_range(self.range)
        return self

    def _check_range(self, limits: ValueRange) -> None:
        if self.data_type in {"Text", "Boolean"}:
            raise ValueError(f"an attribute type of {self.data_type} cannot have a range")
        given = [limit for limit in (limits.min, limits.max) if limit is not None]
        if any(isinstance(limit, str) != (self.data_type == "Date") for limit in given):
            raise ValueError("the limits of a range must have the data type of the attribute type")
        if self.data_type == "Date":
            for limit in given:
                dt.date.fromisoformat(str(limit))


class AttributeTexts(Setting):
    """Texts of an attribute in one language."""

    friendly_name: Line | None = Field(
        None, description="Label of the attribute", examples=["Interests"]
    )
    description: Text | None = Field(
        None, description="What the attribute means", examples=["What the customer likes to buy"]
    )
    help_text: Text | None = Field(
        None, description="How to fill the attribute in", examples=["Choose any number"]
    )


class Attribute(AttributeTexts):
    """An attribute: something that a company records of its customers."""

    name: Key = Field(description="Name of the attribute, its key", examples=["interests"])
    attribute_type: Key = Field(
        description="Type of the values, a key of `attribute-types`", examples=["Interests"]
    )
    default_value: Default = Field(
        None,
        description="Value of new customers that bring none, unless the group has its own",
        examples=[None],
    )
    set_by: Literal["anyone", "headOffice"] = Field(
        "anyone",
        description="Who sets it: whoever may edit the customer, or head office and applications",
    )
    self_service: Literal["none", "read", "write"] = Field(
        "read", description="Whether customers do not see it, see it, or also change it themselves"
    )
    refinable: bool = Field(False, description="Whether client books can be filtered by it")
    translations: dict[str, AttributeTexts] = Field(
        {},
        description="Texts by language, BCP 47",
        examples=[{"de": {"friendlyName": "Interessen"}}],
    )

    @model_validator(mode="after")
    def _is_set_by_one(self) -> "Attribute":
        if self.set_by == "headOffice" and self.self_service == "write":
            raise ValueError("what head office sets is not changed by customers themselves")
        return self


class Member(Setting):
    """An attribute as a member of a group."""

    attribute: Key = Field(
        description="The attribute, a key of `attributes`", examples=["interests"]
    )
    display_order: Annotated[int, Field(ge=0, le=10_000)] = Field(
        0, description="Place on cards and forms; smaller comes first", examples=[1]
    )
    default_value: Default = Field(
        None, description="Value of new customers that bring none", examples=[None]
    )
    required: bool = Field(False, description="Whether a customer must have a value")


class AttributeGroup(Setting):
    """A group of attributes, in the order in which they are shown."""

    name: Key = Field(description="Name of the group, its key", examples=["Customers"])
    friendly_name: Line | None = Field(
        None, description="Label of the group", examples=["Customer attributes"]
    )
    members: Annotated[list[Member], Field(max_length=200)] = Field(
        [], description="Attributes of the group"
    )


@dataclass(frozen=True, slots=True)
class Definition:
    """A member of a group with the attribute and the type it names, ready to judge values."""

    member: Member
    attribute: Attribute
    type: AttributeType

    @property
    def default(self) -> Default:
        own = self.member.default_value
        return self.attribute.default_value if own is None else own


Definitions = Mapping[str, Definition]


def with_defaults(given: Attributes, definitions: Definitions) -> Attributes:
    """Return the attributes of a new customer: what was given, and defaults for the rest."""
    filled: Attributes = {
        name: definition.default
        for name, definition in definitions.items()
        if definition.default is not None
    }
    chosen: Attributes = {name: value for name, value in given.items() if value is not None}
    return filled | chosen


def listed(attributes: Attributes, definitions: Definitions) -> Attributes:
    """Return them with a list for each attribute that takes several values, also where one came."""

    def one(name: str, value: Any) -> Any:
        several = name in definitions and definitions[name].type.multi_value
        return [value] if several and not isinstance(value, list | None) else value

    return {name: one(name, value) for name, value in attributes.items()}


def check(
    attributes: Attributes, definitions: Definitions, *, pointer: str = "/attributes"
) -> None:
    """Raise Invalid with everything wrong: unknown, of the wrong type, out of range, missing."""
    flaws = [
        Flaw(f"{pointer}/{_escaped(name)}", code, detail)
        for name, value in attributes.items()
        for code, detail in _flaws(name, value, definitions)
    ]
    flaws += [
        Flaw(f"{pointer}/{_escaped(name)}", "required", f"{name} is required.")
        for name, definition in definitions.items()
        if definition.member.required and name not in attributes
    ]
    if flaws:
        raise Invalid(flaws)


def check_patch(
    patch: Attributes, definitions: Definitions, *, pointer: str = "/attributes"
) -> None:
    """Judge only what a merge patch names: it may take away what is no longer defined."""
    named: Attributes = {name: value for name, value in patch.items() if value is not None}
    optional = {
        name: one if patch.get(name, "") is None else replace(one, member=_optional(one.member))
        for name, one in definitions.items()
    }
    check(named, optional, pointer=pointer)


def _optional(member: Member) -> Member:
    return evolve(member, required=False)


def _flaws(name: str, value: AttributeValue, definitions: Definitions) -> Iterator[tuple[str, str]]:
    if name not in definitions:
        yield "unknown-attribute", f"There is no customer attribute {name}."
        return
    kind = definitions[name].type
    if isinstance(value, list) and not kind.multi_value:
        yield "single-value", f"{name} takes one value, not a list."
        return
    values: Sequence[Any] = value if isinstance(value, list) else [value]
    if isinstance(value, list) and len(set(values)) != len(values):
        yield "repeated-value", f"{name} contains a value more than once."
    for one in values:
        if problem := wrong(one, kind):
            yield problem


def wrong(value: Any, kind: AttributeType) -> tuple[str, str] | None:
    """Return code and sentence for a value that the type does not allow, or None."""
    if not CHECKS[kind.data_type](value):
        return "wrong-type", f"{value!r} is not of the type {kind.data_type}."
    if kind.fixed_list and value not in kind.fixed_list:
        return "not-in-list", f"{value!r} is not one of {', '.join(kind.fixed_list)}."
    if kind.range and not _within(value, kind.range):
        return "out-of-range", f"{value!r} is not between {kind.range.min} and {kind.range.max}."
    return None


def _within(value: Any, limits: ValueRange) -> bool:
    low = limits.min is None or bool(value >= limits.min)
    return low and (limits.max is None or bool(value <= limits.max))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_TEXT and "\x00" not in value


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) and abs(value) <= LARGEST


def _is_date(value: Any) -> bool:
    try:
        return bool(dt.date.fromisoformat(value).isoformat() == value)
    except (TypeError, ValueError):
        return False


CHECKS: dict[DataType, Callable[[Any], bool]] = {
    "Text": _is_text,
    "Integer": _is_integer,
    "Decimal": _is_number,
    "Currency": _is_number,
    "Boolean": lambda value: isinstance(value, bool),
    "Date": _is_date,
}


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
