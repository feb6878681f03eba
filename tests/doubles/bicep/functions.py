"""The functions of Bicep that `infra/` uses, and the values of Azure that they return."""

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any

SUBSCRIPTION = {"id": "/subscriptions/s", "subscriptionId": "s"}
ENVIRONMENT = {
    "authentication": {"loginEndpoint": "https://login.example/"},
    "suffixes": {"storage": "core.example"},
}


class Runtime:
    """A value that only Azure knows; `declared` is the part of it that the file sets."""

    def __init__(self, path: str, declared: Any = None) -> None:
        self.path = path
        self._declared = declared

    def member(self, key: Any) -> Any:
        part = f"{self.path}.{key}"
        try:
            value = self._declared[key]
        except (KeyError, IndexError, TypeError):
            return Runtime(part)
        return Runtime(part, value) if isinstance(value, dict | list) else value

    def __str__(self) -> str:
        return f"<{self.path}>"

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))


def _string(value: Any) -> str:
    """As Azure writes it: a boolean begins with a capital, and lists and objects are JSON."""
    return str(value) if isinstance(value, bool | str) else json.dumps(value)


def _union(*records: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for record in records for key, value in record.items()}


def _hash(*values: Any) -> str:
    return hashlib.sha256("\0".join(map(str, values)).encode()).hexdigest()


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "concat": lambda *lists: [item for items in lists for item in items],
    "flatten": lambda lists: [item for items in lists for item in items],
    "empty": lambda value: value is None or (not isinstance(value, Runtime) and not len(value)),
    "endsWith": lambda text, end: text.endswith(end),
    "environment": lambda: ENVIRONMENT,
    "newGuid": lambda: str(uuid.uuid4()),
    "guid": lambda *values: str(uuid.uuid5(uuid.NAMESPACE_OID, "\0".join(map(str, values)))),
    "items": lambda record: [{"key": key, "value": record[key]} for key in sorted(record)],
    "length": len,
    "map": lambda items, apply: [apply(item) for item in items],
    "objectKeys": sorted,
    "replace": lambda text, old, new: str(text).replace(old, new),
    "string": _string,
    "split": lambda text, mark: str(text).split(mark),
    "subscription": lambda: SUBSCRIPTION,
    "subscriptionResourceId": lambda kind, name: f"{SUBSCRIPTION['id']}/providers/{kind}/{name}",
    "take": lambda text, count: text[:count],
    "tenant": lambda: {"tenantId": "t"},
    "toObject": lambda items, key, value: {key(item): value(item) for item in items},
    "toLower": lambda text: text.lower(),
    "union": _union,
    "uniqueString": lambda *values: _hash(*values)[:13],
}

OPERATORS: dict[str, Callable[..., Any]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "+": lambda a, b: a + b,
    "-": lambda a, b=None: -a if b is None else a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a // b,
    "!": lambda a: not a,
}
