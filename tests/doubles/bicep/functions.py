"""The functions of Bicep that `infra/` uses, and the parts of Azure that they look at."""

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
    """What only Azure knows; `known` is as much of it as the file says."""

    def __init__(self, path: str, known: Any = None) -> None:
        self.path = path
        self._known = known

    def member(self, key: Any) -> Any:
        part = f"{self.path}.{key}"
        try:
            found = self._known[key]
        except (KeyError, IndexError, TypeError):
            return Runtime(part)
        return Runtime(part, found) if isinstance(found, dict | list) else found

    def __str__(self) -> str:
        return f"<{self.path}>"

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))


def _union(*records: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for record in records for key, value in record.items()}


def _hash(*values: Any) -> str:
    return hashlib.sha256("\0".join(map(str, values)).encode()).hexdigest()


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "concat": lambda *lists: [one for each in lists for one in each],
    "empty": lambda one: one is None or not (len(one) if not isinstance(one, Runtime) else 1),
    "endsWith": lambda text, end: text.endswith(end),
    "environment": lambda: ENVIRONMENT,
    "newGuid": lambda: str(uuid.uuid4()),
    "guid": lambda *values: str(uuid.uuid5(uuid.NAMESPACE_OID, "\0".join(map(str, values)))),
    "items": lambda record: [{"key": key, "value": record[key]} for key in sorted(record)],
    "length": len,
    "map": lambda items, each: [each(one) for one in items],
    "objectKeys": sorted,
    "replace": lambda text, old, new: str(text).replace(old, new),
    "string": json.dumps,
    "split": lambda text, mark: str(text).split(mark),
    "subscription": lambda: SUBSCRIPTION,
    "subscriptionResourceId": lambda kind, name: f"{SUBSCRIPTION['id']}/providers/{kind}/{name}",
    "take": lambda text, count: text[:count],
    "tenant": lambda: {"tenantId": "t"},
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
