"""Containers, queues and topics by name and shape.

From topology.json, which infrastructure reads too.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Container:
    """What a container is made with.

    `indexed` are the paths that queries look at, beside `id`, or `/path/*` for all below one;
    nothing else is indexed, for every write pays for every index. `composite` are those that order
    a page together. `ttl` is in seconds; -1 lets documents say for themselves how long they live.
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
            "includedPaths": [
                {"path": path if path.endswith("*") else f"{path}/?"} for path in self.indexed
            ],
            "excludedPaths": [{"path": "/*"}],
            "compositeIndexes": [
                [{"path": path, "order": "ascending"} for path in paths] for paths in self.composite
            ],
        }


TOPOLOGY = Path(__file__).parents[2] / "topology.json"


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
class Entity:
    """A queue or a subscription, by its path: what messages are received from.

    Those of one session come one at a time and in order, if it has `sessions`. `lock` is how many
    seconds a message is kept for whoever received it; after `most_deliveries` it is a dead letter.
    A message whose properties meet none of the `filters` does not come here.
    """

    path: str
    sessions: bool = False
    lock: float = 30.0
    most_deliveries: int = 10
    duplicate_window: float = 0.0
    filters: tuple[Mapping[str, str], ...] = ()

    def admits(self, properties: Mapping[str, str]) -> bool:
        return not self.filters or any(one.items() <= properties.items() for one in self.filters)


@dataclass(frozen=True, slots=True)
class Topic:
    """`duplicate_window` is how many seconds it remembers the ids of messages."""

    name: str
    duplicate_window: float = 0.0
    subscriptions: tuple[Entity, ...] = ()


@dataclass(frozen=True, slots=True)
class Messaging:
    """All queues and topics by name."""

    queues: Mapping[str, Entity]
    topics: Mapping[str, Topic]

    def entities(self) -> Mapping[str, Entity]:
        """Return everything that can be received from, by path."""
        subscriptions = (one for topic in self.topics.values() for one in topic.subscriptions)
        return {one.path: one for one in (*self.queues.values(), *subscriptions)}


def subscription(topic: str, name: str) -> str:
    """Return the path of a subscription."""
    return f"{topic}/subscriptions/{name}"


@cache
def messaging() -> Messaging:
    document = json.loads(TOPOLOGY.read_text())
    return Messaging(
        {name: _entity(name, spec) for name, spec in document["queues"].items()},
        {
            name: Topic(
                name,
                spec["duplicateWindow"],
                tuple(
                    _entity(subscription(name, own), it)
                    for own, it in spec["subscriptions"].items()
                ),
            )
            for name, spec in document["topics"].items()
        },
    )


def _entity(path: str, spec: Mapping[str, Any]) -> Entity:
    return Entity(
        path,
        sessions=spec["sessions"],
        lock=spec["lock"],
        most_deliveries=spec["mostDeliveries"],
        duplicate_window=spec.get("duplicateWindow", 0.0),
        filters=tuple(spec.get("filters", ())),
    )
