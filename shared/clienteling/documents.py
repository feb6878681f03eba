"""Client books and memberships as documents: the only place that knows how they are stored.

A book lies with its cards in the partition of its associate, a membership in the partition of its
customer. The settings list all books of a company.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final, NamedTuple

from shared.clienteling.domain.book_moves import BookMove
from shared.clienteling.domain.client_books import ClientBook, Membership
from shared.context import Context
from shared.core.upgrades import Upgrade, upgrade
from shared.core.values import as_text
from shared.core.versioned import Versioned
from shared.customers.timeline_entries import timeline_entry
from shared.ports.documents import Create, Document, Equal, Operation, Put, Range, Replace

BOOKS: Final = "books"
CUSTOMERS: Final = "customers"
SETTINGS: Final = "settings"
BOOK: Final = "book"
LISTED_BOOKS: Final = "client-books"  # the partition of settings that lists the books
MEMBERSHIP: Final = "membership"
BOOK_MOVE: Final = "book-move"
SCHEMA_VERSION: Final = 1
OF_THE_WORKER: Final = {"name", "active"}  # answered with a book, and not stored in it
UPGRADES: Mapping[int, Upgrade] = {}


class ListedBooks(NamedTuple):
    """The owners of some books of a company, by personnel number."""

    personnel_numbers: Sequence[str]
    continuation: str | None


async def find_book(personnel_number: str, context: Context) -> Versioned[ClientBook] | None:
    """Return the book, without what its worker says. One point read."""
    partition = context.partition(personnel_number)
    document = await context.documents.read(BOOKS, partition, BOOK)
    return _book_of(newest(document)) if document else None


async def create_book(book: ClientBook, context: Context) -> Versioned[ClientBook]:
    """Write the book. Raises AlreadyExists."""
    body = book.model_dump(mode="json", by_alias=True, exclude=OF_THE_WORKER)
    body |= {"id": BOOK, "type": BOOK, "bookId": book.id, "schemaVersion": SCHEMA_VERSION}
    partition = context.partition(book.personnel_number)
    [etag] = await context.documents.commit(BOOKS, partition, [Create(body)])
    return Versioned(book, etag)


async def list_book(personnel_number: str, context: Context) -> None:
    """Add a book to the list of all books; a second time changes nothing."""
    body = {"id": personnel_number, "schemaVersion": SCHEMA_VERSION}
    await context.documents.commit(SETTINGS, (context.legal_entity, LISTED_BOOKS), [Put(body)])


async def query_listed_books(
    *, limit: int, continuation: str | None, context: Context
) -> ListedBooks:
    """Return the owners of the next books. One query."""
    page = await context.documents.query(
        SETTINGS, (context.legal_entity, LISTED_BOOKS), limit=limit, continuation=continuation
    )
    return ListedBooks([document.id for document in page.documents], page.continuation)


async def listed_books_after(personnel_number: str, *, limit: int, context: Context) -> list[str]:
    """Return the owners of the books after this one, at most `limit`. One query a page."""
    owners: list[str] = []
    documents = context.documents.all(
        SETTINGS,
        (context.legal_entity, LISTED_BOOKS),
        Range("id", start=personnel_number + "\x00"),
        page_size=limit,
    )
    async for document in documents:
        owners.append(document.id)
        if len(owners) >= limit:
            break
    return owners


async def find_membership(key: str, context: Context) -> Versioned[Membership] | None:
    """Return in whose books the customer is, or None before the first one. One point read."""
    document = await context.documents.read(CUSTOMERS, context.partition(key), MEMBERSHIP)
    if document is None:
        return None
    return Versioned(Membership.model_validate(newest(document).body), document.etag)


def write_membership(
    membership: Membership, stored: Versioned[Membership] | None, context: Context
) -> Operation:
    """Return what writes the membership over exactly the stored one."""
    body = membership.model_dump(mode="json", by_alias=True) | {
        "id": MEMBERSHIP,
        "type": MEMBERSHIP,
        "legalEntity": context.legal_entity,
        "schemaVersion": SCHEMA_VERSION,
    }
    return Replace(body, stored.etag) if stored else Create(body)


def create_book_move(move: BookMove, context: Context) -> Operation:
    """Return what writes the move into the timeline of the customer."""
    entry = timeline_entry(BOOK_MOVE, f"{move.membership_version:012d}", as_text(context.now), move)
    return Create(entry | {"schemaVersion": SCHEMA_VERSION})


def book_move_of(document: Document) -> BookMove:
    return BookMove.model_validate(newest(document).body)


async def all_book_moves(key: str, context: Context) -> AsyncIterator[BookMove]:
    """Yield the moves of a customer between books. A query for each page."""
    moves = context.documents.all(CUSTOMERS, context.partition(key), Equal("type", BOOK_MOVE))
    async for document in moves:
        yield book_move_of(document)


async def commit_membership(key: str, operations: Sequence[Operation], context: Context) -> None:
    """Do all operations in the customer's partition or none. Raises Stale, AlreadyExists."""
    await context.documents.commit(CUSTOMERS, context.partition(key), operations)


def newest(document: Document) -> Document:
    """Return the document in the newest shape."""
    return Document(upgrade(document.body, UPGRADES, SCHEMA_VERSION), document.etag)


def _book_of(document: Document) -> Versioned[ClientBook]:
    body = document.body
    return Versioned(ClientBook.model_validate(body | {"id": body["bookId"]}), document.etag)
