"""The typed query of the document port as Cosmos DB's SQL. Values travel as parameters only."""

from collections.abc import Callable, Sequence
from typing import Any

from shared.ports.documents import (
    Condition,
    Contains,
    Equal,
    Exists,
    In,
    Missing,
    Order,
    Prefix,
    Range,
)

Parameters = list[dict[str, Any]]


def render(conditions: Sequence[Condition], order: Order) -> tuple[str, Parameters]:
    """Return the text of the query and the values that go with it."""
    query = _Query()
    terms = [RENDERERS[type(one)](query, one) for one in conditions]
    where = f" WHERE {' AND '.join(terms)}" if terms else ""
    direction = " DESC" if order.descending else " ASC"
    ordered = ", ".join(f"{_path(path)}{direction}" for path in order.paths)
    return f"SELECT * FROM c{where} ORDER BY {ordered}", query.parameters  # noqa: S608


class _Query:
    def __init__(self) -> None:
        self.parameters: Parameters = []

    def value(self, value: Any) -> str:
        name = f"@p{len(self.parameters)}"
        self.parameters.append({"name": name, "value": value})
        return name


def _path(path: str) -> str:
    names = path.strip("/").split(".")
    if not all(name.isalnum() for name in names):
        raise ValueError(f"{path!r} is not a path of a document")
    return "c" + "".join(f'["{name}"]' for name in names)


def _equal(query: _Query, one: Equal) -> str:
    return f"{_path(one.path)} = {query.value(one.value)}"


def _in(query: _Query, one: In) -> str:
    return f"{_path(one.path)} IN ({', '.join(query.value(value) for value in one.values)})"


def _range(query: _Query, one: Range) -> str:
    bounds = [(">=", one.start), ("<", one.end)]
    terms = [
        f"{_path(one.path)} {sign} {query.value(value)}"
        for sign, value in bounds
        if value is not None
    ]
    return " AND ".join(terms) or f"IS_DEFINED({_path(one.path)})"


def _prefix(query: _Query, one: Prefix) -> str:
    return f"STARTSWITH({_path(one.path)}, {query.value(one.text)})"


def _contains(query: _Query, one: Contains) -> str:
    path = _path(one.path)
    terms = [f"ARRAY_CONTAINS({path}, {query.value(value)})" for value in one.any_of]
    return f"({' OR '.join(terms)})"


def _exists(_: _Query, one: Exists) -> str:
    return f"IS_DEFINED({_path(one.path)})"


def _missing(query: _Query, one: Missing) -> str:
    return f"IS_DEFINED({_path(one.path)}) = {query.value(False)}"


RENDERERS: dict[type[Condition], Callable[[_Query, Any], str]] = {
    Equal: _equal,
    In: _in,
    Range: _range,
    Prefix: _prefix,
    Contains: _contains,
    Exists: _exists,
    Missing: _missing,
}
