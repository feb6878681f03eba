"""Mappings from the lines of foreign files to create bodies.

A mapping is JSON: `customer` is a create body in which the text `$name` is replaced by that field
of the line. Fields that the line lacks are omitted, and so are objects and lists in which only
constants are left. `key` is a text with such fields that identifies a customer permanently: a
second import finds the customer that the first one created.
"""

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FIELD = re.compile(r"\$(\w+)")
MISSING = object()


class BadMap(ValueError):
    """The file is not a mapping."""


@dataclass(frozen=True, slots=True)
class Map:
    key: str | None
    customer: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path) -> "Map":
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            return cls(raw.get("key"), dict(raw["customer"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
            raise BadMap(f"{path} is not a mapping: {exc}") from exc

    def body(self, line: Mapping[str, Any], legal_entity: str) -> dict[str, Any]:
        """Return the create body for the line, with the GUID derived from its key."""
        filled = _fill(self.customer, line)
        body: dict[str, Any] = {} if filled is MISSING else filled
        if self.key is not None and all(line.get(field) for field in _FIELD.findall(self.key)):
            name = _FIELD.sub(lambda match: str(line[match[1]]), self.key)
            body.setdefault("id", guid(legal_entity, name))
        return body


def guid(legal_entity: str, name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"libro-import:{legal_entity}:{name}"))


def _fill(template: Any, line: Mapping[str, Any]) -> Any:
    """Return the template with the line's values; MISSING if it needs some and gets none."""
    if isinstance(template, str) and (match := _FIELD.fullmatch(template)):
        value = line.get(match[1])
        return MISSING if value is None or value == "" else value
    if isinstance(template, list):
        items = [_fill(item, line) for item in template]
        return [item for item in items if item is not MISSING] or MISSING
    if not isinstance(template, dict):
        return template
    members = {name: _fill(value, line) for name, value in template.items()}
    present = {name: value for name, value in members.items() if value is not MISSING}
    has_values = any(present[name] != template[name] for name in present)
    return present if has_values or len(present) == len(members) else MISSING
