"""Containers and topics by name and shape, from topology.json, which infrastructure reads too."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Container:
    """What a container is made with.

    `indexed` are the paths that queries look at, beside `id`; nothing else is indexed, for every
    write pays for every index. `composite` are those that order a page together. `ttl` is in
    seconds; -1 lets documents say for themselves how long they live.
    """

    name: str
    partition_key: tuple[str, ...]
    indexed: tuple[str, ...]
    composite: tuple[tuple[str, ...], ...]
    ttl: int | None

    @property
    def indexing_policy(self) -> dict[str, Any]:
        """Return the policy as Cosmos DB takes it."""
        return {
            "indexingMode": "consistent",
            "includedPaths": [{"path": f"{path}/?"} for path in self.indexed],
            "excludedPaths": [{"path": "/*"}],
            "compositeIndexes": [
                [{"path": path, "order": "ascending"} for path in paths] for paths in self.composite
            ],
        }


TOPOLOGY = Path(__file__).parent.parent / "topology.json"


def database() -> str:
    name: str = json.loads(TOPOLOGY.read_text())["database"]
    return name


@cache
def containers() -> Mapping[str, Container]:
    document = json.loads(TOPOLOGY.read_text())
    return {
        name: Container(
            name=name,
            partition_key=tuple(spec["partitionKey"]),
            indexed=tuple(spec["indexed"]),
            composite=tuple(tuple(paths) for paths in spec["composite"]),
            ttl=spec["ttl"],
        )
        for name, spec in document["containers"].items()
    }


@dataclass(frozen=True, slots=True)
class Topic:
    """`duplicate_window` is how many seconds it remembers the ids of messages."""

    name: str
    duplicate_window: float
    subscriptions: tuple[str, ...]


@cache
def topics() -> Mapping[str, Topic]:
    document = json.loads(TOPOLOGY.read_text())
    return {
        name: Topic(name, spec["duplicateWindow"], tuple(spec["subscriptions"]))
        for name, spec in document["topics"].items()
    }
