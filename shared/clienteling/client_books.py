"""The client books of associates, and the clients in them."""

from collections.abc import Sequence
from typing import NamedTuple
from zlib import crc32

from shared.clienteling import documents
from shared.clienteling.cards.documents import is_empty
from shared.clienteling.domain.client_books import (
    ClientBook,
    ClientBookNotFound,
    ClientBookUnattended,
)
from shared.configuration.domain import collections as col
from shared.configuration.domain.pos_operations import VIEW_OWN_BOOK
from shared.configuration.domain.stores import Worker
from shared.configuration.permissions import may_perform
from shared.configuration.workers import find_worker
from shared.context import Context
from shared.core.errors import AlreadyExists, Invalid, Unavailable
from shared.core.evolve import evolve
from shared.core.versioned import Versioned

LACKS_OWN_BOOK = f"pos-operation-{VIEW_OWN_BOOK}"


class BookPage(NamedTuple):
    """`continuation` is None on the last page."""

    books: Sequence[Versioned[ClientBook]]
    continuation: str | None


async def open_book(personnel_number: str, *, own: bool, context: Context) -> Versioned[ClientBook]:
    """Return the book, which is created on first use.

    Raises ClientBookNotFound where there is neither a book nor a worker, unless the book is the
    caller's `own`.
    """
    stored = await documents.find_book(personnel_number, context)
    worker = await find_worker(personnel_number, context)
    if stored is None:
        if worker is None and not own:
            raise ClientBookNotFound(f"There is no worker {personnel_number}.")
        stored = await _create_book(personnel_number, context)
    name, active = (worker.name, worker.active) if worker else (None, True)
    # Name and status are the worker's; the version of what is answered covers them too.
    etag = f"{stored.etag}-{crc32(f'{name} {active}'.encode()):08x}"
    return Versioned(evolve(stored.value, name=name, active=active), etag)


async def open_attended_book(personnel_number: str, *, own: bool, context: Context) -> None:
    """Open a book that clients are to be added to.

    Raises ClientBookNotFound, and ClientBookUnattended for the book of a worker who has left.
    """
    book = await open_book(personnel_number, own=own, context=context)
    if not book.value.active:
        raise ClientBookUnattended(f"{personnel_number} no longer works here.")


async def receiving_book(personnel_number: str, pointer: str, context: Context) -> None:
    """Open the book of a worker who is to receive clients.

    Raises Invalid for one who has left, or could not see them.
    """
    worker = await context.configuration.require(
        context.legal_entity, col.WORKERS, personnel_number, pointer
    )
    if not worker.active:
        raise Invalid.at(pointer, "worker-inactive", f"{personnel_number} no longer works here.")
    if not await sees_own_book(worker, context):
        detail = f"{personnel_number} could not see them: POS operation {VIEW_OWN_BOOK} is lacking."
        raise Invalid.at(pointer, LACKS_OWN_BOOK, detail)
    await open_book(personnel_number, own=False, context=context)


async def sees_own_book(worker: Worker, context: Context) -> bool:
    """Return whether an associate who is given clients can see them."""
    return await may_perform(worker, VIEW_OWN_BOOK, context.legal_entity, context.configuration)


async def _create_book(personnel_number: str, context: Context) -> Versioned[ClientBook]:
    parameters = await context.configuration.parameters(context.legal_entity)
    code = parameters.client_book_number_sequence
    if code is None:
        raise Invalid.at("", "no-number-sequence", "The company has no client book sequence.")
    book = ClientBook(
        id=await context.numbers.take(context.legal_entity, code),
        personnel_number=personnel_number,
        created_at=context.now,
        created_by=context.actor,
    )
    # Listed before it exists: readers of the list skip books that do not exist.
    await documents.list_book(personnel_number, context)
    try:
        return await documents.create_book(book, context)
    except AlreadyExists:
        existing = await documents.find_book(personnel_number, context)
        if existing is None:
            raise Unavailable("The book was created at this moment; try again.") from None
        return existing


async def list_books(
    *, unattended: bool, limit: int, continuation: str | None, context: Context
) -> BookPage:
    """Return the books by personnel number.

    `unattended` are those of workers who have left, with clients in them. A page looks at `limit`
    books, so it may be short, or empty.
    """
    listed_books = await documents.query_listed_books(
        limit=limit, continuation=continuation, context=context
    )
    books = []
    for personnel_number in listed_books.personnel_numbers:
        if await documents.find_book(personnel_number, context) is None:
            continue  # its creation was cut short, or is about to end
        book = await open_book(personnel_number, own=True, context=context)
        if not unattended or await _is_unattended(book.value, context):
            books.append(book)
    return BookPage(books, listed_books.continuation)


async def _is_unattended(book: ClientBook, context: Context) -> bool:
    return not book.active and not await is_empty(book.personnel_number, context)


async def book_owners_after(personnel_number: str, *, limit: int, context: Context) -> list[str]:
    """Return the next personnel numbers of associates with a book."""
    return await documents.listed_books_after(personnel_number, limit=limit, context=context)
