"""An HTTP operation: everything that is known about it before the first request."""

import re
import typing
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from http import HTTPStatus
from types import UnionType
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, TypeAdapter

from functions._http.call import Call, NoQuery, PageOf
from functions._http.reply import Reply
from shared.core import deadlines
from shared.core.errors import Refusal

Handler = Callable[[Call[Any, Any]], Awaitable[Reply]]
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
NDJSON = "application/x-ndjson"
MEBIBYTE = 1024 * 1024
COMPANY = "v1/{legalEntity}"

# Python reads more: 1_0, spaces, digits of other scripts, `on`, and seconds for a moment.
FORMS: Final[Mapping[Any, re.Pattern[str]]] = {
    int: re.compile(r"-?[0-9]{1,18}"),
    bool: re.compile(r"true|false"),
    date: re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    datetime: re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9:.]{5,}([Zz]|[+-][0-9]{2}:[0-9]{2})"),
}

# Roles by the letters of the contract.
ROLES = {"E": "Employee", "C": "Customer", "A": "Application", "H": "Administrator"}


@dataclass
class Operation:
    """`path` is below the company unless `absolute`; `who` is of the letters E, C, A, H.

    `if_match` tells whether a version must be named (PATCH, DELETE), may be (PUT), or means
    nothing. An employee needs one of the POS operations in `pos_operation`; where it depends on the
    book that is asked for, `book_operations` are those that its access looks for, and what is
    `open_to_associates` needs none: an active worker with a permission group is enough. One of the
    three is said of each operation that employees may call. `also_pos_operations` are those that
    only some requests need. `refuses` lists the refusals that are this operation's own, `headers`
    the headers of a request that only this operation looks at, with what they do. Query parameters
    that are tuples may be repeated.
    `patience` is how many seconds the store may take. A POST that is `keyed_by_body` is the same
    request again if the same caller sends the same, also without an Idempotency-Key. One that is
    `never_kept` may be asked again as it is. `secrets` are the members of an answer that are not
    kept with it: whoever repeats the request gets null there.
    """

    method: Method
    path: str
    who: str = ""
    returns: Any = None
    status: int = HTTPStatus.OK
    also: tuple[int, ...] = ()
    pos_operation: int | tuple[int, ...] | None = None
    also_pos_operations: tuple[int, ...] = ()
    book_operations: tuple[int, ...] = ()
    open_to_associates: bool = False
    if_match: Literal["required", "allowed", "ignored"] = "ignored"
    refuses: tuple[type[Refusal], ...] = ()
    media_types: tuple[str, ...] = (JSON,)
    answer_type: str = JSON
    largest_body: int = MEBIBYTE
    patience: float = deadlines.REQUEST_SECONDS
    keyed_by_body: bool = False
    never_kept: bool = False
    secrets: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body_optional: bool = False
    absolute: bool = False
    tag: str = ""
    name: str = field(init=False, default="")
    summary: str = field(init=False, default="")
    query: type[NoQuery] = field(init=False, default=NoQuery)
    body: Any = field(init=False, default=None)
    repeatable: tuple[str, ...] = field(init=False, default=())

    def __post_init__(self) -> None:
        ways = [self.pos_operation, self.book_operations, self.open_to_associates]
        if sum(map(bool, ways)) != ("E" in self.who):
            raise ValueError(f"{self.method} {self.path}: say once what opens it to employees")

    @property
    def opened_by(self) -> tuple[int, ...]:
        """Return the POS operations of which an employee needs one."""
        numbers = self.pos_operation or self.book_operations
        return numbers if isinstance(numbers, tuple) else (numbers,)

    @property
    def demanded(self) -> tuple[int, ...]:
        """Return those of which the edge demands one: which of several, a book decides itself."""
        return () if len(self.book_operations) > 1 else self.opened_by

    @property
    def route(self) -> str:
        if self.absolute:
            return self.path
        return f"{COMPANY}/{self.path}" if self.path else COMPANY

    @property
    def described_route(self) -> str:
        """Return the route without what a parameter is held to, as `{sequence:int}` is."""
        return re.sub(r":\w+(?=})", "", self.route)

    @property
    def in_company(self) -> bool:
        return self.route.startswith(COMPANY)

    @property
    def roles(self) -> tuple[str, ...]:
        return tuple(ROLES[letter] for letter in self.who)

    @property
    def takes_json(self) -> bool:
        return self.body is not None and self.body is not bytes

    @property
    def idempotent(self) -> bool:
        """Every POST that writes may be repeated safely with an Idempotency-Key."""
        return self.method == "POST" and not self.never_kept

    @property
    def versioned(self) -> bool:
        """Every single resource has a version; a page has those of its items."""
        is_page = isinstance(self.returns, type) and issubclass(self.returns, PageOf)
        return self.method == "GET" and bool(self.who) and not is_page

    # Made by the first request: a cold start serves one operation and registers a hundred.
    @cached_property
    def query_adapter(self) -> TypeAdapter[Any]:
        return TypeAdapter(self.query)

    @cached_property
    def body_adapter(self) -> TypeAdapter[Any] | None:
        return TypeAdapter(self.body) if self.takes_json else None

    @cached_property
    def answer_adapter(self) -> TypeAdapter[Any] | None:
        return TypeAdapter(self.returns) if _is_model(self.returns) else None

    @cached_property
    def forms(self) -> Mapping[str, re.Pattern[str]]:
        """Return how values of the query are written, by the names that callers use."""
        return {
            field.alias or name: FORMS[kind]
            for name, field in self.query.model_fields.items()
            for kind in _kinds(field.annotation)
            if kind in FORMS
        }

    def bind(self, handler: Handler) -> None:
        """Take name, description, query and body from the handler."""
        self.name = handler.__name__
        self.summary = (handler.__doc__ or self.name).strip()
        self.query, self.body = typing.get_args(typing.get_type_hints(handler)["call"])
        if self.body is type(None):
            self.body = None
        self.repeatable = tuple(
            name
            for name, parameter in self.query.model_fields.items()
            if typing.get_origin(parameter.annotation) is tuple
        )


def _kinds(annotation: Any) -> tuple[Any, ...]:
    """Return the kinds of value that an annotation allows."""
    if typing.get_origin(annotation) is Annotated:
        return _kinds(typing.get_args(annotation)[0])
    if isinstance(annotation, UnionType) or typing.get_origin(annotation) is typing.Union:
        return tuple(kind for part in typing.get_args(annotation) for kind in _kinds(part))
    return (annotation,)


def _is_model(returns: Any) -> bool:
    """Return whether it is a model, or a union of models."""
    kinds = typing.get_args(returns) if isinstance(returns, UnionType) else (returns,)
    return all(isinstance(kind, type) and issubclass(kind, BaseModel) for kind in kinds)


OPERATIONS: dict[str, Operation] = {}


def register(operation: Operation) -> None:
    if operation.name in OPERATIONS:
        raise ValueError(f"two operations are called {operation.name}")
    OPERATIONS[operation.name] = operation
