"""The values that were imported for one customer."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Value = int | float | str


@dataclass(frozen=True, slots=True)
class Imported:
    """The values by measure; `version` counts the changes."""

    values: Mapping[str, Value] = field(default_factory=dict)
    version: int = 0

    def with_value(self, name: str, value: Value) -> "Imported":
        """Return the next version, or this one where the measure has that value already."""
        if self.values.get(name) == value:
            return self
        return Imported({**self.values, name: value}, self.version + 1)
