"""What a change feed tells: which document was changed, and how new it was then.

It does not tell what the document says. The Functions host writes texts that look like times
anew, and a reader whose replica lags behind may still see the document as it was before.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.core.errors import Unavailable
from shared.platform.topology import containers
from shared.ports.documents import Partition


class Lagging(Unavailable):
    """The store does not show a change yet that its feed has told of."""

    code = "lagging"


@dataclass(frozen=True, slots=True)
class Change:
    """A changed document: where it lies, its type, and the numbers in it, which count changes."""

    container: str
    partition: Partition
    id: str
    type: str
    legal_entity: str  # empty where the document names none
    numbers: Mapping[str, int] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Return the finest level of the partition key, such as the GUID of the customer."""
        return self.partition[0]

    def number(self, name: str) -> int:
        return self.numbers.get(name, 0)

    @property
    def version(self) -> int:
        return self.number("version")


def change_of(container: str, body: Mapping[str, Any]) -> Change:
    """Return the change that a document of a feed stands for."""
    paths = containers()[container].partition_key
    return Change(
        container,
        tuple(str(body.get(path.strip("/"), "")) for path in paths),
        str(body.get("id", "")),
        str(body.get("type", "")),
        str(body.get("legalEntity", "")),
        {name: value for name, value in body.items() if type(value) is int},
    )


def check_reached(version: int | None, told: int) -> None:
    """Raise Lagging if a document was read that is older than the feed told, or none."""
    if version is None or version < told:
        raise Lagging("The store does not show yet what its change feed told.")
