"""The part of Cosmos DB's SQL that the endpoint understands, parsed and evaluated."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

TOKEN = re.compile(r'\s*(?:(@\w+)|"((?:[^"\\]|\\.)*)"|(\w+)|(>=|<=|!=|[=<>()\[\],.*]))')
UNDEFINED: Any = object()

Body = Mapping[str, Any]
Term = Callable[[Body], Any]


class BadQuery(ValueError):
    """The endpoint does not support the query, or Cosmos DB would refuse it."""


@dataclass
class Query:
    """`filters` are the paths in conditions, `order` the paths to order by."""

    condition: Term
    order: list[tuple[str, ...]]
    descending: bool
    filters: list[tuple[str, ...]] = field(default_factory=list)

    def matches(self, body: Body) -> bool:
        return self.condition(body) is True


def parse(text: str, parameters: Sequence[Mapping[str, Any]]) -> Query:
    return Parser(text, {parameter["name"]: parameter["value"] for parameter in parameters}).query()


def value_at(body: Any, path: Sequence[str]) -> Any:
    for name in path:
        if not isinstance(body, Mapping) or name not in body:
            return UNDEFINED
        body = body[name]
    return body


def rank(value: Any) -> tuple[int, Any]:
    """Return the sort key of a value of any type; undefined comes first."""
    if value is UNDEFINED or value is None:
        return (0 if value is UNDEFINED else 1, 0)
    kinds = ((2, bool), (3, int | float), (4, str))
    ranks = [number for number, kind in kinds if isinstance(value, kind)]
    return (ranks[0], value) if ranks else (5, str(value))


def compared(sign: str) -> Callable[[Any, Any], Any]:
    def compare(left: Any, right: Any) -> Any:
        if left is UNDEFINED or right is UNDEFINED or rank(left)[0] != rank(right)[0]:
            return UNDEFINED if sign != "=" or UNDEFINED in (left, right) else False
        a, b = rank(left), rank(right)
        return {"=": a == b, "!=": a != b, "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[sign]

    return compare


def starts_with(text: Any, start: Any) -> Any:
    return text.startswith(start) if isinstance(text, str) else UNDEFINED


def array_contains(array: Any, item: Any) -> Any:
    return item in array if isinstance(array, list) else UNDEFINED


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "STARTSWITH": starts_with,
    "ARRAY_CONTAINS": array_contains,
    "IS_DEFINED": lambda value: value is not UNDEFINED,
}


class Parser:
    """SELECT * FROM c [WHERE condition] [ORDER BY path [ASC | DESC], ...]"""

    def __init__(self, text: str, values: Mapping[str, Any]) -> None:
        self.values = values
        self.filters: list[tuple[str, ...]] = []
        self.tokens: list[tuple[str, str]] = []
        at = 0
        while text[at:].strip():
            match = TOKEN.match(text, at)
            if match is None:
                raise BadQuery(f"Syntax error near {text[at : at + 20]!r}")
            kind = ("parameter", "name", "word", "sign")[(match.lastindex or 1) - 1]
            self.tokens.append((kind, match[match.lastindex or 1]))
            at = match.end()

    def query(self) -> Query:
        for word in ("SELECT", "*", "FROM", "c"):
            self.expect(word)
        condition: Term = lambda _: True  # noqa: E731
        if self.accept("WHERE"):
            condition = self.condition()
        order: list[tuple[str, ...]] = []
        directions: set[bool] = set()
        if self.accept("ORDER"):
            self.expect("BY")
            while not order or self.accept(","):
                self.expect("c")
                order.append(self.path())
                directions.add(self.accept("DESC") or (self.accept("ASC") and False))
        if self.tokens or len(directions) > 1:
            raise BadQuery(f"Not understood: {self.tokens}")
        return Query(condition, order, True in directions, self.filters)

    def condition(self) -> Term:
        terms = [self.conjunction()]
        while self.accept("OR"):
            terms.append(self.conjunction())
        return terms[0] if len(terms) == 1 else lambda body: any(t(body) is True for t in terms)

    def conjunction(self) -> Term:
        terms = [self.comparison()]
        while self.accept("AND"):
            terms.append(self.comparison())
        return terms[0] if len(terms) == 1 else lambda body: all(t(body) is True for t in terms)

    def comparison(self) -> Term:
        left = self.operand()
        if self.accept("IN"):
            self.expect("(")
            equal, choices = compared("="), self.arguments()
            return lambda body: any(equal(left(body), term(body)) is True for term in choices)
        if self.tokens and self.tokens[0][1] in {"=", "!=", "<", "<=", ">", ">="}:
            compare = compared(self.tokens.pop(0)[1])
            right = self.operand()
            return lambda body: compare(left(body), right(body))
        return left

    def operand(self) -> Term:
        kind, text = self.tokens.pop(0) if self.tokens else ("", "")
        if text == "(":
            inner = self.condition()
            self.expect(")")
            return inner
        if kind == "parameter" or text.isdigit():
            value = self.values[text] if kind == "parameter" else int(text)
            return lambda _: value
        if (kind, text) == ("word", "c"):
            path = self.path()
            self.filters.append(path)
            return lambda body: value_at(body, path)
        if text in FUNCTIONS and self.accept("("):
            function, arguments = FUNCTIONS[text], self.arguments()
            return lambda body: function(*(argument(body) for argument in arguments))
        raise BadQuery(f"Not understood: {text!r}")

    def arguments(self) -> list[Term]:
        arguments = [self.operand()]
        while self.accept(","):
            arguments.append(self.operand())
        self.expect(")")
        return arguments

    def path(self) -> tuple[str, ...]:
        names = []
        while self.accept("["):
            names.append(self.tokens.pop(0)[1])
            self.expect("]")
        if not names:
            raise BadQuery('A path is written as c["name"]')
        return tuple(names)

    def accept(self, text: str) -> bool:
        if self.tokens and self.tokens[0][1] == text and self.tokens[0][0] in {"word", "sign"}:
            self.tokens.pop(0)
            return True
        return False

    def expect(self, text: str) -> None:
        if not self.accept(text):
            raise BadQuery(f"Expected {text!r} before {self.tokens[:1]}")
