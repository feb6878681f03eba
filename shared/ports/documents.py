"""What the use cases need from the world. tests/contracts holds every adapter to it.

The document port is the honest model of Azure Cosmos DB and no more: what it does not promise
(a transaction over two logical partitions, an offset, a count) Cosmos DB could not keep.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from shared.core.errors import Conflict, Unavailable

Partition = tuple[str, ...]
MAX_OPERATIONS: Final = 100
MAX_BYTES: Final = 2 * 1024 * 1024
MAX_SUCCEEDED_FIELDS: Final = 9  # a patch of Cosmos DB sets ten fields, one of them the adapter's
MAX_ID_LENGTH: Final = 255
FORBIDDEN_IN_IDS: Final = frozenset("/\\?#")


class CommitTooLarge(Conflict):
    """More than 100 operations or 2 MB in one commit: no adapter can keep it in one piece."""

    code = "too-large"


class StoreUnavailable(Unavailable):
    """The store does not answer, throttles, or cannot write now."""

    code = "store-unavailable"


@dataclass(frozen=True, slots=True)
class Document:
    """A stored document. `body` holds its `id`; `etag` changes with every write."""

    body: dict[str, Any]
    etag: str

    @property
    def id(self) -> str:
        return str(self.body["id"])


@dataclass(frozen=True, slots=True)
class Create:
    """Write a document that must not exist yet; else AlreadyExists."""

    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Replace:
    """Write over exactly the version that was read; else Stale, also when it is gone."""

    body: Mapping[str, Any]
    etag: str


@dataclass(frozen=True, slots=True)
class Succeed:
    """Write over the document whose `version` is `was`; else Stale, also when there is none.

    For who knows what came before without having read it. The body has the fields of the one
    before it, at most nine with its id, and a `version` of its own.
    """

    body: Mapping[str, Any]
    was: int


@dataclass(frozen=True, slots=True)
class Put:
    """Write whatever is there."""

    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Remove:
    """Remove by id; a document that is not there is no error, for a removal may come twice."""

    id: str


Operation = Create | Replace | Succeed | Put | Remove


@dataclass(frozen=True, slots=True)
class Placed:
    """One operation and the partition it belongs to."""

    partition: Partition
    operation: Operation


@dataclass(frozen=True, slots=True)
class Equal:
    path: str
    value: str | float | bool


@dataclass(frozen=True, slots=True)
class In:
    path: str
    values: tuple[str | float, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """At least `start` and below `end`, both optional, compared as strings or as numbers."""

    path: str
    start: str | float | None = None
    end: str | float | None = None


@dataclass(frozen=True, slots=True)
class Prefix:
    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Contains:
    """The array at `path` holds at least one of the values."""

    path: str
    any_of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exists:
    path: str


@dataclass(frozen=True, slots=True)
class Missing:
    path: str


Condition = Equal | In | Range | Prefix | Contains | Exists | Missing


@dataclass(frozen=True, slots=True)
class Order:
    """By one path, or two that share the direction; documents that tie keep a stable order."""

    paths: tuple[str, ...] = ("id",)
    descending: bool = False


ID_ORDER: Final = Order()


@dataclass(frozen=True, slots=True)
class Page:
    """`continuation` is None on the last page, and means nothing to anyone but the adapter."""

    documents: Sequence[Document]
    continuation: str | None


@dataclass(frozen=True, slots=True)
class Changes:
    """A stretch of the change feed, and the position after it."""

    documents: Sequence[Document]
    position: str


class Documents(Protocol):
    """Documents in containers, each in a logical partition.

    Every method may raise Unavailable; then nothing is known to have been written.
    """

    async def read(self, container: str, partition: Partition, document_id: str) -> Document | None:
        """Return the document, or None. One point read."""
        ...

    async def commit(
        self, container: str, partition: Partition, operations: Sequence[Operation]
    ) -> list[str]:
        """Do all of the operations or none, and return the new ETags (empty for removals).

        Once it returns, a power cut does not undo it. Raises AlreadyExists, Stale, CommitTooLarge.
        """
        ...

    async def scatter(self, container: str, writes: Sequence[Placed], seal: Placed) -> str:
        """Do independent writes side by side and, when all are in, the seal; return its ETag.

        Nothing holds them together but this order: after a failure, Stale included, some of the
        writes may be there and the seal is not. So make them safe to repeat.
        """
        ...

    async def query(  # a query is what its parts are
        self,
        container: str,
        partition: Partition,
        *conditions: Condition,
        order: Order = ...,
        limit: int = ...,
        continuation: str | None = ...,
    ) -> Page:
        """Return the next documents of one partition that meet all conditions.

        A page may be shorter than `limit` and still have a continuation.
        """
        ...

    async def all(
        self,
        container: str,
        partition: Partition,
        *conditions: Condition,
        order: Order = ID_ORDER,
        page_size: int = 500,
    ) -> AsyncIterator[Document]:
        """Yield every document of one partition that meets all conditions, a query for each page.

        What is written meanwhile may be seen or not.
        """
        continuation: str | None = None
        while True:
            page = await self.query(
                container,
                partition,
                *conditions,
                order=order,
                limit=page_size,
                continuation=continuation,
            )
            for document in page.documents:
                yield document
            continuation = page.continuation
            if continuation is None:
                return

    async def changes(self, container: str, position: str | None, limit: int) -> Changes:
        """Return the newest version of what was written after the position, oldest first.

        Written twice means seen at least once, at its last version; removals are not seen.
        """
        ...


def check_operations(operations: Sequence[Operation]) -> None:
    """Refuse what one of the adapters could not keep, so that all of them refuse it."""
    if len(operations) > MAX_OPERATIONS:
        raise CommitTooLarge(f"A commit holds at most {MAX_OPERATIONS} operations.")
    for operation in operations:
        name = operation.id if isinstance(operation, Remove) else operation.body["id"]
        check_id(name)
        if isinstance(operation, Succeed) and len(operation.body) > MAX_SUCCEEDED_FIELDS:
            raise ValueError(f"{name} has more fields than can succeed others")


def can_be_id(name: str) -> bool:
    return 0 < len(name) <= MAX_ID_LENGTH and FORBIDDEN_IN_IDS.isdisjoint(name)


def check_id(name: str) -> None:
    if not can_be_id(name):
        raise ValueError(f"{name!r} cannot be the id of a document")
