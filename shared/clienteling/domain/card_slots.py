"""The three things worth knowing about a client: measures first, then attributes in their order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from shared.configuration.domain.attributes import Definition
from shared.core.formatting import formatted, translated
from shared.core.values import Record

SLOTS = 3


class Slot(Record):
    """`value` is written for a person, in her language; `raw` as it is kept."""

    source: Literal["measure", "attribute"]
    name: str
    label: str
    value: str
    raw: Any


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads the card: her languages, best first, and the money where nothing else is said."""

    tags: tuple[str, ...]
    currency: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A measure that is configured, in the words of a reader."""

    name: str
    label: str
    data_type: str
    currency: str | None = None


def compose(
    measures: Sequence[Shown],
    values: Mapping[str, Any],
    definitions: Iterable[Definition],
    attributes: Mapping[str, Any],
    reader: Reader,
) -> list[Slot]:
    """Return at most three: those without a value are left out, and leave their place to others.

    `definitions` come in display order, lower first.
    """
    slots = [
        Slot(
            source="measure",
            name=one.name,
            label=one.label,
            value=formatted(
                values[one.name], one.data_type, reader.tags, one.currency or reader.currency
            ),
            raw=values[one.name],
        )
        for one in measures
        if has_value(values.get(one.name))
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
    words = translated(attribute.translations, reader.tags)
    label = (words and words.friendly_name) or attribute.friendly_name or attribute.name
    shown = value
    if kind.labels:
        ones = value if isinstance(value, list) else [value]
        said = [translated(kind.labels.get(str(one), {}), reader.tags) or one for one in ones]
        shown = said if isinstance(value, list) else said[0]
    return Slot(
        source="attribute",
        name=attribute.name,
        label=label,
        value=formatted(shown, kind.data_type, reader.tags, reader.currency),
        raw=value,
    )
