"""In whose books a customer is: one document beside the customer, so that one commit decides."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from shared.clienteling import documents
from shared.clienteling.documents import (
    commit_membership,
    create_book_move,
    find_membership,
    write_membership,
)
from shared.clienteling.domain.book_moves import BookMove, move_of
from shared.clienteling.domain.client_books import Membership
from shared.context import Context
from shared.core.retry import until_not_stale
from shared.customers.customers import check_active, read_customer
from shared.customers.domain.customers import Customer
from shared.ports.documents import Document, Operation

# The types of document by which a change feed and the timeline tell them.
MEMBERSHIP: Final = documents.MEMBERSHIP
BOOK_MOVE: Final = documents.BOOK_MOVE


class ClientState(NamedTuple):
    """A customer and the membership, as they are at one moment."""

    membership: Membership
    customer: Customer


async def read_membership(key: str, context: Context) -> Membership:
    """Return the membership; where there is none yet, an empty one. One point read."""
    stored = await find_membership(key, context)
    return stored.value if stored else Membership(customer_id=key)


def book_move_of(document: Document) -> BookMove:
    """Return the move that an entry of the timeline records."""
    return documents.book_move_of(document)


async def leave_books(customer: Customer, context: Context) -> list[Operation]:
    """Return what takes a customer out of all books, in the commit that deactivates them.

    It is written also for a customer who is in no book, so that whoever adds them at the same
    moment is stale.
    """
    stored = await find_membership(customer.id, context)
    membership = stored.value if stored else Membership(customer_id=customer.id)
    emptied = membership.emptied()
    operations = [write_membership(emptied, stored, context)]
    if membership.holders:
        move = move_of(membership, emptied, context.actor)
        operations.append(create_book_move(move, context))
    return operations


async def change_membership(
    key: str,
    decide: Callable[[Membership], Membership],
    *,
    context: Context,
    active_only: bool = False,
    beside: Sequence[Operation] | None = None,
) -> ClientState:
    """Decide on the newest membership and write over exactly that one; return the new state.

    `active_only` demands that the customer is active: the customer is read after the membership,
    and a deactivation writes both, so the two cannot miss each other. `beside` is what the same
    commit writes: by default the entry of the move in the timeline. Raises CustomerNotFound,
    CustomerInactive, Unavailable, and what `decide` raises.
    """

    async def attempt() -> ClientState:
        stored = await find_membership(key, context)
        before = stored.value if stored else Membership(customer_id=key)
        customer = (await read_customer(key, context=context)).value
        after = decide(before)
        if after == before and not beside:
            return ClientState(before, customer)
        if active_only:
            check_active(customer)
        customer.check_open()
        writes = [] if after == before else [write_membership(after, stored, context)]
        await commit_membership(key, [*writes, *_beside(before, after)], context)
        return ClientState(after, customer)

    def _beside(before: Membership, after: Membership) -> Sequence[Operation]:
        if beside is not None:
            return beside
        return [create_book_move(move_of(before, after, context.actor), context)]

    return await until_not_stale(attempt, turn=context.turn("membership", key))
