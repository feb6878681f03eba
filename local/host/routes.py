"""Route templates as the Functions host matches them, and in its order."""

import re
import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

RESERVED = ("admin", "runtime")
_PARAMETER = re.compile(
    r"\{(?P<wildcard>\*{0,2})(?P<name>\w+)(?P<checks>(?::\w+(?:\([^)]*\))?)*)(?P<optional>\?)?\}"
)
_CHECK = re.compile(r":(\w+)(?:\(([^)]*)\))?")
_INT32 = 2**31
_INT64 = 2**63


class BadRoute(ValueError):
    """The real host would refuse to load the function."""


def _is_int(limit: int) -> Callable[[str], bool]:
    return lambda value: (
        re.fullmatch(r"[+-]?\d{1,19}", value) is not None and (-limit <= int(value) < limit)
    )


def _is_guid(value: str) -> bool:
    try:
        uuid.UUID(value)
    except ValueError:
        return False
    return True


CHECKS: dict[str, Callable[[str], Callable[[str], bool]]] = {
    "int": lambda _: _is_int(_INT32),
    "long": lambda _: _is_int(_INT64),
    "guid": lambda _: _is_guid,
    "bool": lambda _: lambda value: value.lower() in {"true", "false"},
    "alpha": lambda _: lambda value: re.fullmatch("[A-Za-z]*", value) is not None,
    "length": lambda size: lambda value: len(value) == int(size),
    "minlength": lambda size: lambda value: len(value) >= int(size),
    "maxlength": lambda size: lambda value: len(value) <= int(size),
    "regex": lambda text: lambda value: re.search(text, value, re.IGNORECASE) is not None,
}


class Template:
    """One route, such as `customers/{id:guid}/{*path}`; case and a trailing slash are ignored."""

    def __init__(self, text: str) -> None:
        self.text = text.strip("/")
        self._names: list[str] = []
        self._checks: list[tuple[str, Callable[[str], bool]]] = []
        segments = self.text.split("/")
        self.sizes = len(segments), len(segments)
        self._regex = re.compile("".join(map(self._segment, segments)) + "/?", re.IGNORECASE)

    def match(self, path: str) -> dict[str, str] | None:
        match = self._regex.fullmatch(path)
        if match is None:
            return None
        captured = dict(zip(self._names, match.groups(), strict=True))
        values = {name: value for name, value in captured.items() if value}
        if any(name in values and not check(values[name]) for name, check in self._checks):
            return None
        return values

    def fits(self, segments: int) -> bool:
        return self.sizes[0] <= segments <= self.sizes[1]

    def _segment(self, segment: str) -> str:
        match = _PARAMETER.fullmatch(segment)
        if match is None:
            if "{" in segment:
                raise BadRoute(f"cannot read the segment {segment!r} of {self.text!r}")
            return "/" + re.escape(segment)
        self._add_parameter(match)
        if match["wildcard"]:
            self.sizes = self.sizes[0] - 1, 1000
            return "(?:/(.*))?"
        if match["optional"]:
            self.sizes = self.sizes[0] - 1, self.sizes[1]
            return "(?:/([^/]+))?"
        return "/([^/]+)"

    def _add_parameter(self, match: re.Match[str]) -> None:
        self._names.append(match["name"])
        for check, argument in _CHECK.findall(match["checks"]):
            if check.lower() not in CHECKS:
                raise BadRoute(f"unknown route constraint {check!r} in {self.text!r}")
            self._checks.append((match["name"], CHECKS[check.lower()](argument)))


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
        template = Template(f"{self._prefix}/{route}")
        verbs = frozenset(method.upper() for method in methods or ())
        self.rows.append(Row(name, template, verbs, target))
        self.rows.sort(key=lambda row: row.name.lower())
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


def decoded_path(raw: bytes) -> str:
    """Return the path as Kestrel passes it to routing: decoded, except for %2F."""
    text = raw.decode("latin-1").partition("?")[0]
    if "%" not in text:
        return text
    protected = re.sub("%2f", "\x00", text, flags=re.IGNORECASE)
    return unquote(protected, errors="replace").replace("\x00", "%2F")


def _share_a_method(first: frozenset[str], second: frozenset[str]) -> bool:
    return not first or not second or bool(first & second)


def _hides(first: Template, second: Template) -> bool:
    probe = "/" + re.sub(r"\{[^}]*\}", "1", second.text)
    return first.match(probe) is not None
