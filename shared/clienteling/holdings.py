"""What client books store about a customer: membership, moves, and cards in every book."""

from collections.abc import AsyncIterator
from typing import Final

from shared.clienteling.cards.documents import GONE_CARD, GONE_CARD_RETENTION_SECONDS, card_id
from shared.clienteling.documents import BOOK_MOVE, BOOKS, MEMBERSHIP, all_book_moves
from shared.clienteling.memberships import read_membership
from shared.context import Context
from shared.customers.holdings.holding import Body, Found, Holding, beside_customer
from shared.customers.holdings.noted import Noted

CARD: Final = "card"
OF_A_GONE_CARD: Final = ("id", "schemaVersion", "versions")


async def books_ever(key: str, context: Context) -> tuple[str, ...]:
    """Return the personnel numbers of all books that the customer is in, or was."""
    membership = await read_membership(key, context)
    books = {holder.personnel_number for holder in (*membership.holders, *membership.given_up)}
    books.update(membership.left)
    async for move in all_book_moves(key, context):
        books.update(filter(None, (move.from_associate, move.to_associate)))
    return tuple(sorted(books))


def _gone(body: Body, _: Noted) -> Body:
    """Leave of a card that it is gone, so that no late writer brings it back."""
    if body["type"] == GONE_CARD:
        return body
    kept = {name: body[name] for name in OF_A_GONE_CARD}
    return kept | {"type": GONE_CARD, "ttl": GONE_CARD_RETENTION_SECONDS}


async def _find_cards(noted: Noted, context: Context) -> AsyncIterator[Found]:
    for book in noted.books:
        partition = context.partition(book)
        document = await context.documents.read(BOOKS, partition, card_id(noted.customer_id))
        if document:
            yield Found(BOOKS, partition, document)


HOLDINGS: Final = (
    beside_customer(MEMBERSHIP, section="books"),
    beside_customer(BOOK_MOVE, section="bookMoves"),
    Holding(BOOKS, frozenset({CARD, GONE_CARD}), "books", _find_cards, _gone, "books"),
)
