"""Documents of older shapes, brought to the newest one when they are read."""

from collections.abc import Callable, Mapping
from typing import Any

Upgrade = Callable[[Mapping[str, Any]], dict[str, Any]]
FIRST_VERSION = 1  # of documents that do not say theirs


def upgrade(
    body: dict[str, Any], upgrades: Mapping[int, Upgrade], schema_version: int
) -> dict[str, Any]:
    """Return the body in the shape of `schema_version`, one step of the table after the other.

    A body of that version, or of a newer one, is returned as it is: a newer instance wrote it,
    and what it added is ignored.
    """
    version: int = body.get("schemaVersion", FIRST_VERSION)
    while version < schema_version:
        body = upgrades[version](body) | {"schemaVersion": version + 1}
        version += 1
    return body
