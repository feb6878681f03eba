"""The index as documents: the only place that knows how. One head and all entries of a shard."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from shared.context import Context
from shared.core.values import as_text
from shared.core.versioned import Versioned
from shared.distribution.domain.entries import REMEMBERED, Entry
from shared.distribution.domain.scopes import Scope
from shared.ports.documents import (
    Contains,
    Create,
    Document,
    Equal,
    In,
    Operation,
    Order,
    Partition,
    Put,
    Range,
    Replace,
)

CONTAINER: Final = "changes"
HEAD, ENTRY = "head", "entry"
NOT_STORED: Final = ""
SCHEMA_VERSION: Final = 1
BY_NUMBER: Final = Order(("seq",))
SAFE: Final = " !$&'()*+,;=@~|<>[]{}^`"


def partition(shard: str, context: Context) -> Partition:
    """Return one partition for each shard of a company: two levels would put all on one."""
    return (f"{context.legal_entity}:{shard}",)


async def read_head(shard: str, context: Context) -> Versioned[int]:
    """Return the number of the last change; 0 before the first. One point read."""
    document = await context.documents.read(CONTAINER, partition(shard, context), HEAD)
    return Versioned(document.body["seq"], document.etag) if document else Versioned(0, NOT_STORED)


async def read_entry(shard: str, table: str, key: str, context: Context) -> Entry | None:
    """Return the entry of a row, or None. One point read."""
    name = _id(f"{table}:{key}")
    document = await context.documents.read(CONTAINER, partition(shard, context), name)
    return _entry(document) if document else None


async def documents_of(shard: str, owner: str, context: Context) -> AsyncIterator[Document]:
    """Yield what belongs to a customer. A query for each page."""
    where = partition(shard, context)
    async for document in context.documents.all(CONTAINER, where, Equal("owner", owner)):
        yield document


async def entries_of(shard: str, owner: str, context: Context) -> list[Entry]:
    """Return the entries that belong to a customer. A query for each page."""
    return [_entry(document) async for document in documents_of(shard, owner, context)]


async def entries_in_table(shard: str, table: str, context: Context) -> AsyncIterator[Entry]:
    """Yield the entries of a table. A query for each page."""
    where = partition(shard, context)
    async for document in context.documents.all(CONTAINER, where, Equal("table", table)):
        yield _entry(document)


async def query_above(
    shard: str, number: int, scope: Scope, *, limit: int, context: Context
) -> Sequence[Entry]:
    """Return the first entries above the number that are, or were, in the scope. One query."""
    page = await context.documents.query(
        CONTAINER,
        partition(shard, context),
        Range("seq", start=number + 1),
        Contains("reach", scope.reach),
        In("table", scope.sent),
        order=BY_NUMBER,
        limit=limit,
    )
    return [_entry(document) for document in page.documents]


async def append(
    shard: str, head: Versioned[int], entries: Sequence[Entry], context: Context
) -> Versioned[int]:
    """Write the entries under the next numbers; return the new head. Raises Stale, AlreadyExists.

    One commit, which succeeds only over the head that was read: so numbers are dense, and who
    sees a head can see all entries up to it.
    """
    last = head.value + len(entries)
    body = {"id": HEAD, "type": HEAD, "seq": last, "schemaVersion": SCHEMA_VERSION}
    first: Operation = Replace(body, head.etag) if head.etag else Create(body)
    numbered = enumerate(entries, start=head.value + 1)
    puts = [Put(entry_document(entry, number, context.now)) for number, entry in numbered]
    etags = await context.documents.commit(CONTAINER, partition(shard, context), [first, *puts])
    return Versioned(last, etags[0])


def entry_document(entry: Entry, number: int, now: datetime) -> dict[str, Any]:
    """Return the document of an entry; a tombstone is dropped when no chain can need it.

    Its `reach` holds what it has `left`, too: who had the row there must hear that it is gone.
    """
    body = entry.model_dump(mode="json", by_alias=True) | {
        "id": _id(entry.name),
        "type": ENTRY,
        "seq": number,
        "reach": sorted({*entry.reach, *entry.left}),
        "indexedAt": as_text(now),
        "schemaVersion": SCHEMA_VERSION,
    }
    return body if entry.alive else body | {"ttl": int(REMEMBERED.total_seconds())}


def _entry(document: Document) -> Entry:
    body = document.body
    reach = [one for one in body["reach"] if one not in body["left"]]
    return Entry.model_validate(body | {"reach": reach})


def _id(name: str) -> str:
    """Return an id of a document: keys may hold what ids must not."""
    return quote(name, safe=SAFE + ":")
