"""The list of all client books of a legal entity."""

from shared.domain.cards import CARD
from shared.domain.client_books import ClientBook, ClientBookNotFound
from shared.ports import Equal, Order
from shared.usecases.cards import BOOKS
from shared.usecases.client_books import BOOK, EVERY_BOOK, open_book
from shared.usecases.errand import Errand

Listed = tuple[list[tuple[ClientBook, str]], str | None]


async def list_books(
    *, unattended: bool, limit: int, continuation: str | None, errand: Errand
) -> Listed:
    """Return the books by personnel number; `unattended` are those of who has left, not empty.

    A page looks at `limit` books, so where only some are wanted it may be short, or empty.
    """
    page = await errand.documents.query(
        "settings", errand.place(EVERY_BOOK), limit=limit, continuation=continuation
    )
    found = [
        (book, etag)
        for one in page.documents
        if (read := await _read(one.id, errand)) is not None
        for book, etag in [read]
        if not unattended or (not book.active and await _has_clients(one.id, errand))
    ]
    return found, page.continuation


async def _read(personnel_number: str, errand: Errand) -> tuple[ClientBook, str] | None:
    if not await errand.documents.read(BOOKS, errand.place(personnel_number), BOOK):
        return None  # whoever was about to make it has died, or is about to
    try:
        return await open_book(personnel_number, own=True, errand=errand)
    except ClientBookNotFound:
        return None


async def _has_clients(personnel_number: str, errand: Errand) -> bool:
    page = await errand.documents.query(
        BOOKS, errand.place(personnel_number), Equal("type", CARD), order=Order(), limit=1
    )
    return bool(page.documents)
