"""Directory entries as documents: the only place that knows where they are kept."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from shared.context import Context
from shared.customers.domain.directory import account_bucket, listing_bucket, listing_id
from shared.ports.documents import (
    Condition,
    Contains,
    Document,
    Documents,
    Equal,
    Order,
    Page,
    Partition,
    Placed,
    Prefix,
    Put,
    Range,
    Remove,
)

CONTAINER: Final = "directory"
ACCOUNT: Final = "account"
NEWEST_FIRST = Order(("id",), descending=True)
JUST_AFTER = "\x01"  # smaller than any character of an id: an id with it comes right after the id
LAST = "\U0010ffff"


async def scatter(writes: Sequence[Placed], listing: Placed, context: Context) -> str:
    """Write entries side by side and, when all are in, the listing; return its ETag."""
    return await context.documents.scatter(CONTAINER, writes, listing)


async def read_listing(created_at: datetime, key: str, context: Context) -> Document | None:
    """Return the customer's place in the list of its year, which names all its entries."""
    partition = context.partition(listing_bucket(created_at.year))
    return await context.documents.read(CONTAINER, partition, listing_id(created_at, key))


async def read_account(
    documents: Documents, legal_entity: str, account_number: str
) -> Document | None:
    partition = (account_bucket(account_number), legal_entity)
    return await documents.read(CONTAINER, partition, ACCOUNT)


async def query_word(bucket: str, word: str, *, limit: int, context: Context) -> Page:
    """Return the entries of exactly this word."""
    return await context.documents.query(
        CONTAINER, context.partition(bucket), Prefix("id", f"{word} "), limit=limit
    )


async def query_entries(  # noqa: PLR0913  # a query is what its parts are
    bucket: str,
    prefix: str,
    after: str | None,
    *,
    field: str | None,
    books: tuple[str, ...] | None,
    limit: int,
    context: Context,
) -> Page:
    """Return the entries whose id begins with the prefix, from right after the id `after`.

    `field` narrows to entries of one field, `books` to customers in one of these address books.
    """
    start = prefix if after is None else after + JUST_AFTER
    narrowing: list[Condition] = [Contains("fields", (field,))] if field else []
    return await context.documents.query(
        CONTAINER,
        context.partition(bucket),
        Range("id", start=start, end=prefix + LAST),
        *narrowing,
        *_in_books(books),
        limit=limit,
    )


async def query_listing(
    year: int, before: str | None, *, books: tuple[str, ...] | None, limit: int, context: Context
) -> Page:
    """Return the active customers of a year, newest first, from right before the id `before`."""
    return await context.documents.query(
        CONTAINER,
        context.partition(listing_bucket(year)),
        Range("id", end=before),
        Equal("active", True),
        *_in_books(books),
        order=NEWEST_FIRST,
        limit=limit,
    )


async def query_everybody(year: int, after: str | None, *, limit: int, context: Context) -> Page:
    """Return the places of all customers of a year, active or not, from right after the id."""
    return await context.documents.query(
        CONTAINER,
        context.partition(listing_bucket(year)),
        Range("id", start=after + JUST_AFTER if after else None),
        limit=limit,
    )


def put_entry(legal_entity: str, bucket: str, body: dict[str, Any]) -> Placed:
    return Placed((bucket, legal_entity), Put(body))


def remove_entry(legal_entity: str, bucket: str, entry_id: str) -> Placed:
    return Placed((bucket, legal_entity), Remove(entry_id))


def remove_listing(legal_entity: str, created_at: datetime, key: str) -> Placed:
    return Placed(listing_partition(legal_entity, created_at), Remove(listing_id(created_at, key)))


async def remove(placed: Placed, *, context: Context) -> None:
    await context.documents.commit(CONTAINER, placed.partition, [placed.operation])


def put_account(legal_entity: str, account_number: str, key: str) -> Placed:
    body = {"id": ACCOUNT, "customerKey": key}
    return put_entry(legal_entity, account_bucket(account_number), body)


def listing_partition(legal_entity: str, created_at: datetime) -> Partition:
    return (listing_bucket(created_at.year), legal_entity)


def _in_books(books: tuple[str, ...] | None) -> list[Condition]:
    return [] if books is None else [Contains("books", books)]
