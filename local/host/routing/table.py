"""Route templates as the Functions host matches them, and in its order."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from local.host.routing.templates import BadRoute, Template

__all__ = ["BadRoute", "Table", "Template"]

RESERVED = ("admin", "runtime")


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    template: Template
    methods: frozenset[str]  # empty: every method
    target: Any

    def takes(self, method: str) -> bool:
        return not self.methods or method in self.methods


class Table:
    """The first match wins, in the order of function NAMES: so does the real host's routing."""

    def __init__(self, prefix: str = "api") -> None:
        self._prefix = prefix
        self.rows: list[Row] = []
        self._candidates_by_size: defaultdict[tuple[str, int], list[Row]] = defaultdict(list)

    def add(self, name: str, route: str, methods: Sequence[str] | None, target: Any) -> None:
        if route.strip("/").lower().startswith(RESERVED):
            raise BadRoute(f"{name}: the route {route!r} is reserved")
        if route.startswith("/"):
            raise BadRoute(f"{name}: the route {route!r} begins with a slash")
        template = Template(f"{self._prefix}/{route}")
        verbs = frozenset(method.upper() for method in methods or ())
        self.rows.append(Row(name, template, verbs, target))
        self.rows.sort(key=lambda row: row.name.upper())  # so a letter comes before `_`
        self._candidates_by_size.clear()

    def find(self, method: str, path: str) -> tuple[Any, dict[str, str]] | None:
        """Return the target and the route values, or None, also for another method."""
        segments = path.strip("/").count("/") + 1
        for row in self._candidates(method, segments):
            values = row.template.match(path)
            if values is not None:
                return row.target, values
        return None

    def overlaps(self) -> list[tuple[Row, Row]]:
        """Return pairs in which the first row receives requests meant for the second."""
        return [
            (first, second)
            for index, first in enumerate(self.rows)
            for second in self.rows[index + 1 :]
            if _share_a_method(first.methods, second.methods)
            and _hides(first.template, second.template)
        ]

    def _candidates(self, method: str, segments: int) -> list[Row]:
        key = (method, min(segments, 64))
        if key not in self._candidates_by_size and len(self._candidates_by_size) < 1000:  # noqa: PLR2004  # odd methods
            self._candidates_by_size[key] = [
                row for row in self.rows if row.takes(method) and row.template.fits(segments)
            ]
        return self._candidates_by_size.get(key, [])


def _share_a_method(first: frozenset[str], second: frozenset[str]) -> bool:
    return not first or not second or bool(first & second)


def _hides(first: Template, second: Template) -> bool:
    probe = "/" + re.sub(r"\{[^}]*\}", "1", second.text)
    return first.match(probe) is not None
