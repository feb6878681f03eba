"""In whose books a customer is: one document in her own partition, so that one commit decides."""

from collections.abc import Callable, Sequence
from typing import Any

from shared.clienteling.domain.client_books import Membership
from shared.context import Context
from shared.core.retry import until_not_stale
from shared.core.values import Record, as_text
from shared.customers.customers import check_active, read_customer
from shared.customers.domain.customers import Customer
from shared.customers.timeline_entries import timeline_entry
from shared.ports.documents import Create, Document, Operation, Replace

MEMBERSHIP, BOOK_MOVE = "membership", "book-move"
Read = tuple[Membership, str | None]
Known = tuple[Membership, Customer]


class BookMove(Record):
    """A customer came into a book, left one, or went from one to another."""

    from_associate: str | None = None
    to_associate: str | None = None
    moved_by: str
    membership_version: int


async def read_membership(key: str, context: Context) -> Read:
    """Return it and its version; where there is none yet, an empty one. One point read."""
    document = await context.documents.read("customers", context.partition(key), MEMBERSHIP)
    return membership_of(document, key)


def membership_of(document: Document | None, key: str) -> Read:
    if document is None:
        return Membership(customer_id=key), None
    return Membership.model_validate(document.body), document.etag


def membership_write(membership: Membership, etag: str | None, context: Context) -> Operation:
    """Return what writes it, if nobody else has since."""
    body = membership.model_dump(mode="json", by_alias=True) | {
        "id": MEMBERSHIP,
        "type": MEMBERSHIP,
        "legalEntity": context.legal_entity,
    }
    return Replace(body, etag) if etag else Create(body)


def move_document(before: Membership, after: Membership, context: Context) -> dict[str, Any]:
    """Return the document of the timeline that tells of it."""
    old = [one.personnel_number for one in before.holders]
    new = [one.personnel_number for one in after.holders]
    move = BookMove(
        from_associate=next((one for one in old if one not in new), None),
        to_associate=next((one for one in new if one not in old), None),
        moved_by=context.actor,
        membership_version=after.version,
    )
    return timeline_entry(BOOK_MOVE, f"{after.version:012d}", as_text(context.now), move)


async def leave_books(customer: Customer, context: Context) -> list[Operation]:
    """Return what takes a customer out of all books, in the commit that deactivates her.

    It is written though she is in none, so that whoever adds her at the same moment is stale.
    """
    membership, etag = await read_membership(customer.id, context)
    emptied = membership.emptied()
    operations = [membership_write(emptied, etag, context)]
    if membership.holders:
        operations.append(Create(move_document(membership, emptied, context)))
    return operations


async def change_membership(
    key: str,
    decide: Callable[[Membership], Membership],
    *,
    context: Context,
    active_only: bool = False,
    beside: Sequence[Operation] | None = None,
) -> Known:
    """Decide on the newest membership and write over exactly that one; return it and the customer.

    `active_only` demands that the customer is active: she is read after her membership, and who
    deactivates her writes both, so the two cannot miss each other. `beside` is what the same commit
    writes; the move that it is, if nothing is said. Raises CustomerNotFound,
    CustomerInactive, Stale, and what `decide` raises.
    """

    async def attempt() -> Known:
        before, etag = await read_membership(key, context)
        customer = (await read_customer(key, context=context)).value
        after = decide(before)
        if after == before and not beside:
            return before, customer
        if active_only:
            check_active(customer)
        writes = [] if after == before else [membership_write(after, etag, context)]
        told = [Create(move_document(before, after, context))] if beside is None else beside
        await context.documents.commit("customers", context.partition(key), [*writes, *told])
        return after, customer

    return await until_not_stale(attempt, turn=("membership", context.legal_entity, key))
