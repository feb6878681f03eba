"""The typed query of the document port as Cosmos DB's SQL. Values are passed as parameters only."""

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
    """Return the text of the query and its parameters."""
    query = _Query()
    terms = [RENDERERS[type(condition)](query, condition) for condition in conditions]
    filter_sql = f" WHERE {' AND '.join(terms)}" if terms else ""
    direction = " DESC" if order.descending else " ASC"
    ordered = ", ".join(f"{_path(path)}{direction}" for path in order.paths)
    return f"SELECT * FROM c{filter_sql} ORDER BY {ordered}", query.parameters  # noqa: S608


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


def _equal(query: _Query, condition: Equal) -> str:
    return f"{_path(condition.path)} = {query.value(condition.value)}"


def _in(query: _Query, condition: In) -> str:
    values = ", ".join(query.value(value) for value in condition.values)
    return f"{_path(condition.path)} IN ({values})"


def _range(query: _Query, condition: Range) -> str:
    bounds = [(">=", condition.start), ("<", condition.end)]
    terms = [
        f"{_path(condition.path)} {sign} {query.value(value)}"
        for sign, value in bounds
        if value is not None
    ]
    return " AND ".join(terms) or f"IS_DEFINED({_path(condition.path)})"


def _prefix(query: _Query, condition: Prefix) -> str:
    return f"STARTSWITH({_path(condition.path)}, {query.value(condition.text)})"


def _contains(query: _Query, condition: Contains) -> str:
    path = _path(condition.path)
    terms = [f"ARRAY_CONTAINS({path}, {query.value(value)})" for value in condition.any_of]
    return f"({' OR '.join(terms)})"


def _exists(_: _Query, condition: Exists) -> str:
    return f"IS_DEFINED({_path(condition.path)})"


def _missing(query: _Query, condition: Missing) -> str:
    return f"IS_DEFINED({_path(condition.path)}) = {query.value(False)}"


RENDERERS: dict[type[Condition], Callable[[_Query, Any], str]] = {
    Equal: _equal,
    In: _in,
    Range: _range,
    Prefix: _prefix,
    Contains: _contains,
    Exists: _exists,
    Missing: _missing,
}
