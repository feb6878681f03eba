"""What a capability stores about a customer: how it is found, exported and erased.

Each capability lists its holdings; `composition` brings the lists together. Whoever adds a type of
document that has data about customers adds a holding, or a test fails.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared.context import Context
from shared.customers.holdings.copies import Copies
from shared.customers.holdings.noted import Noted
from shared.ports.documents import Document, Equal, Partition

Body = Mapping[str, Any]
Find = Callable[[Noted, Context], AsyncIterator["Found"]]
Empty = Callable[[Body, Noted], Body | None]
Erase = Callable[[Noted, Context], Awaitable[int]]

CUSTOMERS: Final = "customers"
INTERNAL: Final = frozenset(
    {"id", "type", "timeline", "at", "schemaVersion", "ttl", "madeBy", "normal", "etag", "_etag",
     "customerKey", "legalEntity", "partition", "sort", "values", "days"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """A document about a customer, and where it lies."""

    container: str
    partition: Partition
    document: Document


def gone(_body: Body, _noted: Noted) -> Body | None:
    """Leave nothing of the document."""
    return None


def shown(body: Body) -> Any:
    """Return the document without what is ours only."""
    return {name: value for name, value in body.items() if name not in INTERNAL}


@dataclass(frozen=True, slots=True)
class Holding:
    """Documents with data about a customer.

    `types` are those of the documents in `container`. `empty` returns what stays of a document
    when the customer is erased: None if nothing does, the same where nothing is to be done. `erase`
    empties them where that takes more than writing what stays, and returns how many it has
    changed. `step` is the step of an erasure that empties them. `section` is where an export
    shows them, as `export` returns them; none: they are copies, or not about the person. `copies`
    are those that channels keep of them.
    """

    container: str
    types: frozenset[str]
    step: str
    find: Find
    empty: Empty = gone
    section: str | None = None
    export: Callable[[Body], Any] = shown
    erase: Erase | None = None
    copies: Copies | None = None


def of_partition(document_type: str) -> Find:
    """Return a finder of the documents of a type that lie with the customer."""

    async def find(noted: Noted, context: Context) -> AsyncIterator[Found]:
        partition = context.partition(noted.customer_id)
        documents = context.documents.all(CUSTOMERS, partition, Equal("type", document_type))
        async for document in documents:
            yield Found(CUSTOMERS, partition, document)

    return find


def beside_customer(
    document_type: str,
    *,
    step: str = "partition",
    empty: Empty = gone,
    section: str | None = None,
) -> Holding:
    """Return the holding of documents that lie with the customer."""
    return Holding(
        CUSTOMERS, frozenset({document_type}), step, of_partition(document_type), empty, section
    )
