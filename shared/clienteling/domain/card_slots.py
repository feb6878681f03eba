"""The three things worth knowing about a client: measures first, then attributes in their order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from shared.configuration.domain.attributes import AttributeType, Definition
from shared.configuration.domain.measure_definitions import MeasureDefinition
from shared.core.language.formatting import formatted, translated
from shared.core.values import Record
from shared.customers.domain.decisions import Decision

SLOTS = 3


class Marketing(Record):
    """The decisions about marketing that are in force at the primary contact points."""

    email: Decision | None = Field(description="At the primary e-mail", examples=["OptedIn"])
    phone: Decision | None = Field(description="At the primary phone", examples=["OptedOut"])


class Slot(Record):
    """One thing worth knowing about a client: a measure or an attribute."""

    source: Literal["measure", "attribute"] = Field(description="What the value comes from")
    name: str = Field(description="Name of the measure or attribute", examples=["lifetimeSpend"])
    label: str = Field(
        description="What it is called, in the language of the reader", examples=["Lifetime spend"]
    )
    value: str = Field(
        description="The value in words, formatted for the reader", examples=["$1,280.00"]
    )
    raw: Any = Field(description="The value as stored", examples=[1280.0])


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads the card: the languages, best first, and the currency that applies by default."""

    tags: tuple[str, ...]
    currency: str


@dataclass(frozen=True, slots=True)
class LabeledMeasure:
    """A measure that is configured, with its label in the language of a reader."""

    name: str
    label: str
    data_type: str
    currency: str | None = None


def compose(
    measures: Sequence[LabeledMeasure],
    values: Mapping[str, Any],
    definitions: Iterable[Definition],
    attributes: Mapping[str, Any],
    reader: Reader,
) -> list[Slot]:
    """Return at most three slots of measures and attributes that have a value.

    `definitions` come in display order, lower first.
    """
    slots = [
        Slot(
            source="measure",
            name=measure.name,
            label=measure.label,
            value=formatted(
                values[measure.name],
                measure.data_type,
                reader.tags,
                measure.currency or reader.currency,
            ),
            raw=values[measure.name],
        )
        for measure in measures
        if has_value(values.get(measure.name))
    ]
    for definition in definitions:
        if len(slots) >= SLOTS:
            break
        value = attributes.get(definition.attribute.name)
        if has_value(value):
            slots.append(_attribute(definition, value, reader))
    return slots[:SLOTS]


def has_value(value: Any) -> bool:
    return value is not None and value not in ("", [])


def _attribute(definition: Definition, value: Any, reader: Reader) -> Slot:
    attribute, kind = definition.attribute, definition.type
    translation = translated(attribute.translations, reader.tags)
    label = (translation and translation.friendly_name) or attribute.friendly_name or attribute.name
    return Slot(
        source="attribute",
        name=attribute.name,
        label=label,
        value=formatted(
            _labeled(value, kind, reader), kind.data_type, reader.tags, reader.currency
        ),
        raw=value,
    )


def _labeled(value: Any, kind: AttributeType, reader: Reader) -> Any:
    """Return the value or values by their labels in the language of the reader."""
    if not kind.labels:
        return value
    if isinstance(value, list):
        return [_label(each, kind, reader) for each in value]
    return _label(value, kind, reader)


def _label(value: Any, kind: AttributeType, reader: Reader) -> Any:
    return translated(kind.labels.get(str(value), {}), reader.tags) or value


def labeled(definition: MeasureDefinition, tags: Sequence[str]) -> LabeledMeasure:
    """Return the measure with its label in the first of the languages that it has."""
    label = translated(definition.translations, tags) or definition.label
    return LabeledMeasure(definition.name, label, definition.data_type, definition.currency)
