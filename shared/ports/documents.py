"""The port of the document store. tests/contracts checks every adapter against it.

It promises only what Azure Cosmos DB can keep: there is no transaction over two logical
partitions, no offset and no count.
"""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol

from shared.core.concurrency import side_by_side
from shared.core.errors import Conflict, Unavailable

Partition = tuple[str, ...]
MAX_OPERATIONS: Final = 100
MAX_BYTES: Final = 2 * 1024 * 1024
MAX_SUCCEEDED_FIELDS: Final = 9  # a patch of Cosmos DB sets ten fields, one of them the adapter's
ID: Final = re.compile(r"(?!\.{1,2}\Z)[^/\\?#]{1,255}")  # an address loses its steps on the way


class CommitTooLarge(Conflict):
    """A commit has more than 100 operations or 2 MB, so no adapter can make it atomic."""

    code = "too-large"


class StoreUnavailable(Unavailable):
    """The store does not respond, is throttled, or cannot write now."""

    code = "store-unavailable"


@dataclass(frozen=True, slots=True)
class Document:
    """A stored document. `body` holds its `id`; `etag` changes with every write.

    `partition` is where it lies; it is empty where the reader named it.
    """

    body: dict[str, Any]
    etag: str
    partition: Partition = ()

    @property
    def id(self) -> str:
        return str(self.body["id"])


@dataclass(frozen=True, slots=True)
class Create:
    """Write a document that must not exist yet, else AlreadyExists."""

    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Replace:
    """Replace exactly the version that was read, else Stale, also if it was removed."""

    body: Mapping[str, Any]
    etag: str


@dataclass(frozen=True, slots=True)
class Succeed:
    """Replace the document whose `version` is `was`, else Stale, also if there is none.

    For a writer that knows the previous version unread. The body has the same fields, at most nine
    with its id, and a new `version`.
    """

    body: Mapping[str, Any]
    was: int


@dataclass(frozen=True, slots=True)
class Put:
    """Write the document, whether or not it exists."""

    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Remove:
    """Remove by id. A missing document is no error, because a removal may be repeated."""

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
    """Order by one path, or by two in the same direction; ties have a stable order."""

    paths: tuple[str, ...] = ("id",)
    descending: bool = False


ID_ORDER: Final = Order()


@dataclass(frozen=True, slots=True)
class Page:
    """`continuation` is None on the last page; only the adapter can interpret it."""

    documents: Sequence[Document]
    continuation: str | None


@dataclass(frozen=True, slots=True)
class Changes:
    """A stretch of the change feed, and the position after it."""

    documents: Sequence[Document]
    position: str


class Documents(Protocol):
    """Documents in containers, each in a logical partition.

    Every method may raise Unavailable; a write may or may not have happened then.
    """

    async def read(self, container: str, partition: Partition, document_id: str) -> Document | None:
        """Return the document, or None. One point read."""
        ...

    async def read_newest(
        self, container: str, partition: Partition, document_id: str
    ) -> Document | None:
        """Return the document as the last writer left it, whoever that was, or None.

        `read` sees what this process and this session wrote, and what others wrote a moment ago.
        Costs twice as much; for decisions that nobody may take by an older document.
        """
        return await self.read(container, partition, document_id)

    async def read_newest_in_each(
        self, container: str, partitions: Sequence[Partition], document_id: str
    ) -> list[Document | None]:
        """Return the document of this id in each partition, as `read_newest` does. A read each."""
        reads = partial(self.read_newest, container, document_id=document_id)
        return await side_by_side(partitions, reads, at_once=16)

    async def commit(
        self, container: str, partition: Partition, operations: Sequence[Operation]
    ) -> list[str]:
        """Apply all operations or none, and return the new ETags (empty for removals).

        It survives a power failure then. Raises AlreadyExists, Stale, CommitTooLarge.
        """
        ...

    async def scatter(self, container: str, writes: Sequence[Placed], seal: Placed) -> str:
        """Apply independent writes concurrently, and after all of them the seal; return its ETag.

        Not atomic: after a failure, also Stale, some of the writes may be stored while the seal
        is not, so make them safe to repeat. A power failure may undo all written since.
        """
        ...

    async def query(  # noqa: PLR0913  # the parts of a query
        self,
        container: str,
        partition: Partition,
        *conditions: Condition,
        order: Order = ...,
        limit: int = ...,
        continuation: str | None = ...,
        newest: bool = ...,
    ) -> Page:
        """Return the next documents of one partition that meet all conditions.

        A page may be shorter than `limit` and still continue. `newest` is as for `read_newest`.
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
        """Yield all documents of one partition that meet all conditions, with a query per page.

        Documents written meanwhile may or may not be included.
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

    async def compact(self) -> None:
        """Leave nothing of what was removed in the files of the store, where it has any.

        Raises Unavailable where others are at work; then try again.
        """
        return

    async def changes(self, container: str, position: str | None, limit: int) -> Changes:
        """Return documents that were written after the position, and the position after them.

        Changes of one logical partition come in their order; those of others come in any. There
        may be more until no document is returned. A document that was written twice appears at
        least once, in its last version. Removals do not appear.
        """
        ...


def check_operations(operations: Sequence[Operation]) -> None:
    """Refuse what one of the adapters does not support, so that all of them refuse it."""
    if len(operations) > MAX_OPERATIONS:
        raise CommitTooLarge(f"A commit holds at most {MAX_OPERATIONS} operations.")
    for operation in operations:
        name = operation.id if isinstance(operation, Remove) else operation.body["id"]
        check_id(name)
        if isinstance(operation, Succeed) and len(operation.body) > MAX_SUCCEEDED_FIELDS:
            raise ValueError(f"{name} has too many fields for Succeed")


def can_be_id(name: str) -> bool:
    return ID.fullmatch(name) is not None


def check_id(name: str) -> None:
    if not can_be_id(name):
        raise ValueError(f"{name!r} cannot be the id of a document")
