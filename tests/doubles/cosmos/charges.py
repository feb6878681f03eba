"""The charge of a request in request units, by the published rules of thumb.

A point read costs 1 RU for each KB. A write costs about 5 RU for each KB and some more for each
indexed value; a replacement costs twice that, because it removes as much as it adds. A query costs
a base, and some for each document that it loads. This is enough to compare designs; a bill depends
on the charges that the real service reports.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic_core import to_json

READ = 1.0  # per KB
WRITE = 5.0  # per KB, the first one not divided
INDEXED_VALUE = 0.2
QUERY = 2.5
LOADED = 0.05  # per loaded document
LOADED_KB = 0.3  # per KB of loaded documents
EVERYTHING = ("*",)
SYSTEM = ("_rid", "_self", "_etag", "_attachments", "_ts")


class Policy:
    """An indexing policy: which paths are indexed."""

    def __init__(self, policy: Mapping[str, Any]) -> None:
        self.included = [_names(entry["path"]) for entry in policy.get("includedPaths", ())]
        self.composites = [
            [_names(part["path"]) for part in index] for index in policy.get("compositeIndexes", ())
        ]

    def indexes(self, path: Sequence[str]) -> bool:
        return tuple(path) in {("id",), ("_ts",)} or any(
            names == tuple(path)
            or (names[-1:] == EVERYTHING and names[:-1] == tuple(path)[: len(names) - 1])
            for names in self.included
        )

    def can_order_by(self, paths: Sequence[Sequence[str]]) -> bool:
        if len(paths) > 1:
            return [tuple(path) for path in paths] in self.composites
        return all(self.indexes(path) for path in paths)

    def values(self, body: Mapping[str, Any]) -> int:
        """Return how many values of a document are indexed."""
        count = sum(1 for path in _leaves(body, ()) if self.indexes(path))
        return count + len(self.composites)


def size(body: Mapping[str, Any]) -> float:
    """Return KB."""
    return max(1.0, len(to_json(body)) / 1024)


def of_read(body: Mapping[str, Any] | None) -> float:
    return READ * (size(body) if body else 1.0)


def of_write(body: Mapping[str, Any], policy: Policy, *, over: bool) -> float:
    insertion = WRITE * size(body) + INDEXED_VALUE * policy.values(body)
    return insertion * (2 if over else 1)


def of_query(loaded: Sequence[Mapping[str, Any]]) -> float:
    return QUERY + sum(LOADED + LOADED_KB * len(to_json(body)) / 1024 for body in loaded)


def _names(path: str) -> tuple[str, ...]:
    return tuple(name for name in path.split("/") if name not in {"", "?", "[]"})


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if path or name not in SYSTEM:
                yield from _leaves(inner, (*path, name))
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, path)
    else:
        yield path
