"""Documents as the endpoint holds them, and how it refuses a request."""

from dataclasses import dataclass
from typing import Any

Key = tuple[Any, ...]
MAX_ID_LENGTH = 255


class Rejected(Exception):
    """A request that Cosmos DB answers with an error status."""

    def __init__(
        self, status: int, message: str, *, sub_status: int = 0, wait_ms: float = 0.0
    ) -> None:
        super().__init__(message)
        self.status = status
        self.sub_status = sub_status
        self.wait_ms = wait_ms


@dataclass(frozen=True, slots=True)
class Range:
    """Effective partition keys at least `start` and below `end`: those with a common prefix."""

    start: str
    end: str


@dataclass(slots=True)
class Stored:
    """A version of a document; `body` None means removed. `before` serves a lagging replica."""

    lsn: int
    rid: str
    body: dict[str, Any] | None
    etag: str
    expires: float | None
    before: "Stored | None" = None


def check_document(body: Any) -> None:
    """Raise Rejected for a body that cannot be a document."""
    name = body.get("id") if isinstance(body, dict) else None
    if not isinstance(name, str) or not 0 < len(name) <= MAX_ID_LENGTH:
        raise Rejected(400, "A document has an id of at most 255 characters")
