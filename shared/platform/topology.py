"""Containers, queues and topics, from topology.json, which the infrastructure reads, too."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Container:
    """The properties of a container.

    `indexed` are the paths that queries use besides `id`, or `/path/*` for all paths below one.
    Nothing else is indexed, because every index makes every write more expensive. `composite` are
    paths that order a page together. `ttl` is in seconds; with -1 only documents that have a `ttl`
    of their own expire.
    """

    name: str
    partition_key: tuple[str, ...]
    indexed: tuple[str, ...]
    composite: tuple[tuple[str, ...], ...]
    ttl: int | None

    @property
    def looked_up(self) -> tuple[str, ...]:
        """Return the indexed paths that have one value, and by which no composite index leads."""
        composite = {path for paths in self.composite for path in paths}
        plain = (path for path in self.indexed if not path.endswith(("*", "[]")))
        return tuple(path for path in plain if path not in composite)

    @property
    def indexing_policy(self) -> dict[str, Any]:
        """Return the indexing policy in the format of Cosmos DB."""
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
    """A queue or a subscription, by its path.

    With `sessions`, messages of one session are received one at a time and in order. `lock` and
    `duplicate_window` are in seconds. After `max_deliveries` a message is dead-lettered. A
    subscription gets the messages whose properties match one of its `filters`, or all without one.
    """

    path: str
    sessions: bool = False
    lock: float = 30.0
    max_deliveries: int = 10
    duplicate_window: float = 0.0
    filters: tuple[Mapping[str, str], ...] = ()

    def admits(self, properties: Mapping[str, str]) -> bool:
        return not self.filters or any(
            expected.items() <= properties.items() for expected in self.filters
        )


@dataclass(frozen=True, slots=True)
class Topic:
    """`duplicate_window` is in seconds: so long the topic remembers the ids of messages."""

    name: str
    duplicate_window: float = 0.0
    subscriptions: tuple[Entity, ...] = ()


@dataclass(frozen=True, slots=True)
class Messaging:
    """All queues and topics by name."""

    queues: Mapping[str, Entity]
    topics: Mapping[str, Topic]

    def entities(self) -> Mapping[str, Entity]:
        """Return all queues and subscriptions, by path."""
        subscriptions = (entity for topic in self.topics.values() for entity in topic.subscriptions)
        return {entity.path: entity for entity in (*self.queues.values(), *subscriptions)}


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
                    _entity(subscription(name, subscription_name), subscription_spec)
                    for subscription_name, subscription_spec in spec["subscriptions"].items()
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
        max_deliveries=spec["mostDeliveries"],
        duplicate_window=spec.get("duplicateWindow", 0.0),
        filters=tuple(spec.get("filters", ())),
    )
