"""The names and shapes of containers, read from topology.json, which infrastructure reads too."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Container:
    """`indexes` lists paths that are filtered or ordered by together; `ttl` is in seconds."""

    name: str
    partition_key: tuple[str, ...]
    indexes: tuple[tuple[str, ...], ...]
    ttl: int | None


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
            indexes=tuple(tuple(paths) for paths in spec["indexes"]),
            ttl=spec.get("ttl"),
        )
        for name, spec in document["containers"].items()
    }
