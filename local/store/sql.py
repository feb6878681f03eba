"""The typed query of the document port as SQLite's SQL. Values are passed as parameters only."""

from collections.abc import Callable, Sequence
from typing import Any

from pydantic_core import from_json, to_json

from local.store.schema import column
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

Rendered = tuple[str, list[Any]]
HIGHEST_CHARACTER = (
    "\U0010ffff"  # sorts after every other character, so it ends the range of a prefix
)


def render(conditions: Sequence[Condition]) -> Rendered:
    """Return ` AND ...` and its parameters."""
    text, values = "", []
    for condition in conditions:
        sql, parameters = RENDERERS[type(condition)](condition)
        text += f" AND {sql}"
        values += parameters
    return text, values


def without_fixed_paths(order: Order, conditions: Sequence[Condition]) -> Order:
    """Return the order without the paths that a condition gives one value.

    Cosmos DB needs them named to use a composite index; SQLite would sort because of them.
    """
    fixed = {condition.path for condition in conditions if isinstance(condition, Equal)}
    paths = tuple(path for path in order.paths if path not in fixed)
    return Order(paths or ("id",), order.descending)


def render_after(order: Order, continuation: str | None) -> Rendered:
    """Return the condition that skips the documents of earlier pages."""
    if continuation is None:
        return "", []
    columns = ", ".join(_columns(order))
    values = from_json(continuation)
    sign = "<" if order.descending else ">"
    return f" AND ({columns}) {sign} ({', '.join('?' * len(values))})", values


def render_order(order: Order) -> str:
    direction = " DESC" if order.descending else ""
    return " ORDER BY " + ", ".join(f"{name}{direction}" for name in _columns(order))


def continue_after(order: Order, body: dict[str, Any]) -> str:
    """Return the continuation that begins after this document."""
    return to_json([_value(body, path) for path in _paths(order)]).decode()


def _value(body: Any, path: str) -> Any:
    for name in path.split("."):
        body = body.get(name) if isinstance(body, dict) else None
    return body


def _paths(order: Order) -> tuple[str, ...]:
    return order.paths if order.paths[-1] == "id" else (*order.paths, "id")


def _columns(order: Order) -> list[str]:
    return [column(path) for path in _paths(order)]


def _equal(condition: Equal) -> Rendered:
    return f"{column(condition.path)} = ?", [condition.value]


def _in(condition: In) -> Rendered:
    marks = ", ".join("?" * len(condition.values))
    return f"{column(condition.path)} IN ({marks})", list(condition.values)


def _range(condition: Range) -> Rendered:
    name = column(condition.path)
    bounds = [(">=", condition.start), ("<", condition.end)]
    terms = [(sign, value) for sign, value in bounds if value is not None]
    text = " AND ".join(f"{name} {sign} ?" for sign, _ in terms) or "1"
    return text, [value for _, value in terms]


def _prefix(condition: Prefix) -> Rendered:
    name = column(condition.path)
    return f"{name} >= ? AND {name} < ?", [condition.text, condition.text + HIGHEST_CHARACTER]


def _contains(condition: Contains) -> Rendered:
    marks = ", ".join("?" * len(condition.any_of))
    each = f"json_each(body, '$.{condition.path}')"
    text = f"EXISTS (SELECT 1 FROM {each} AS item WHERE item.value IN ({marks}))"  # noqa: S608
    return text, list(condition.any_of)


def _exists(condition: Exists) -> Rendered:
    return f"{column(condition.path)} IS NOT NULL", []


def _missing(condition: Missing) -> Rendered:
    return f"{column(condition.path)} IS NULL", []


RENDERERS: dict[type[Condition], Callable[[Any], Rendered]] = {
    Equal: _equal,
    In: _in,
    Range: _range,
    Prefix: _prefix,
    Contains: _contains,
    Exists: _exists,
    Missing: _missing,
}
