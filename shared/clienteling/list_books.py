"""The list of all client books of a legal entity."""

from shared.clienteling.card_projection import BOOKS
from shared.clienteling.client_books import BOOK, EVERY_BOOK, open_book
from shared.clienteling.domain.cards import CARD
from shared.clienteling.domain.client_books import ClientBook, ClientBookNotFound
from shared.context import Context
from shared.ports.documents import Equal, Order

Listed = tuple[list[tuple[ClientBook, str]], str | None]


async def list_books(
    *, unattended: bool, limit: int, continuation: str | None, context: Context
) -> Listed:
    """Return the books by personnel number; `unattended` are those of who has left, not empty.

    A page looks at `limit` books, so where only some are wanted it may be short, or empty.
    """
    page = await context.documents.query(
        "settings", context.partition(EVERY_BOOK), limit=limit, continuation=continuation
    )
    found = [
        (book, etag)
        for one in page.documents
        if (read := await _read(one.id, context)) is not None
        for book, etag in [read]
        if not unattended or (not book.active and await _has_clients(one.id, context))
    ]
    return found, page.continuation


async def _read(personnel_number: str, context: Context) -> tuple[ClientBook, str] | None:
    if not await context.documents.read(BOOKS, context.partition(personnel_number), BOOK):
        return None  # whoever was about to make it has died, or is about to
    try:
        return await open_book(personnel_number, own=True, context=context)
    except ClientBookNotFound:
        return None


async def _has_clients(personnel_number: str, context: Context) -> bool:
    page = await context.documents.query(
        BOOKS, context.partition(personnel_number), Equal("type", CARD), order=Order(), limit=1
    )
    return bool(page.documents)
