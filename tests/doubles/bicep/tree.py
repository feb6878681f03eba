"""The nodes of the syntax tree of a Bicep file."""

from dataclasses import dataclass
from typing import Any


class Node:
    """An expression."""


@dataclass(frozen=True, slots=True)
class Literal(Node):
    value: Any


@dataclass(frozen=True, slots=True)
class Text(Node):
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Name(Node):
    name: str


@dataclass(frozen=True, slots=True)
class Member(Node):
    """`of.key` or `of[key]`; with `safe`, a missing key gives null and no error."""

    of: Node
    key: Node
    safe: bool = False


@dataclass(frozen=True, slots=True)
class Call(Node):
    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Operation(Node):
    sign: str
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice(Node):
    condition: Node
    yes: Node
    no: Node


@dataclass(frozen=True, slots=True)
class Array(Node):
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Record(Node):
    fields: tuple[tuple[Node, Node], ...]


@dataclass(frozen=True, slots=True)
class Loop(Node):
    """`[for (names) in source: body]`; the second name is the index."""

    names: tuple[str, ...]
    source: Node
    body: Node


@dataclass(frozen=True, slots=True)
class Condition(Node):
    """`if (condition) body` of a resource or module."""

    condition: Node
    body: Node


@dataclass(frozen=True, slots=True)
class Lambda(Node):
    names: tuple[str, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class Declaration:
    """`kind` is param, var, output, resource, existing or module; `target` a type or a file."""

    kind: str
    name: str
    target: str
    value: Node | None
