"""What can be asked of client books."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal
from zlib import crc32

from shared.clienteling.card_projection import BOOKS, settle_or_leave
from shared.clienteling.domain.client_books import (
    ClientBook,
    ClientBookNotFound,
    ClientEdit,
    ClientInAnotherBook,
    ClientResult,
    Holder,
    Membership,
)
from shared.clienteling.memberships import change_membership
from shared.configuration.domain import collections as col
from shared.configuration.domain.attributes import check_patch, listed
from shared.configuration.workers import find_worker
from shared.context import Context
from shared.core.errors import AlreadyExists, Invalid, Refusal, Stale, Unavailable, VersionMismatch
from shared.core.values import Attributes
from shared.customers.customers import resolve
from shared.ports.documents import Create, Document, Operation, Put

BOOK = "book"
EVERY_BOOK = "client-books"  # the collection of settings that lists them
AT_ONCE = 16
Done = Literal["Added", "AlreadyThere", "Moved"]


async def open_book(
    personnel_number: str, *, own: bool, context: Context
) -> tuple[ClientBook, str]:
    """Return the book and its version, made on first use.

    Raises ClientBookNotFound where there is neither a book nor a worker, and it is not her `own`.
    """
    place = context.partition(personnel_number)
    document = await context.documents.read(BOOKS, place, BOOK)
    worker = await find_worker(personnel_number, context)
    if document is None:
        if worker is None and not own:
            raise ClientBookNotFound(f"There is no worker {personnel_number}.")
        document = await _make_book(personnel_number, context)
    name, active = (worker.name, worker.active) if worker else (None, True)
    book = ClientBook.model_validate(
        document.body | {"id": document.body["bookId"], "name": name, "active": active}
    )
    # Name and status are the worker's; the version of what is answered has them too.
    return book, f"{document.etag}-{crc32(f'{name} {active}'.encode()):08x}"


async def _make_book(personnel_number: str, context: Context) -> Document:
    parameters = await context.configuration.parameters(context.legal_entity)
    code = parameters.client_book_number_sequence
    if code is None:
        raise Invalid.at("", "no-number-sequence", "The company has no client book sequence.")
    book_id = await context.numbers.take(context.legal_entity, code)
    book = ClientBook(
        id=book_id,
        personnel_number=personnel_number,
        created_at=context.now,
        created_by=context.actor,
    )
    body = book.model_dump(mode="json", by_alias=True, exclude={"name", "active"})
    body |= {"id": BOOK, "type": BOOK, "bookId": book_id}
    # Listed before it is there: whoever walks through the list skips what is not there.
    await context.documents.commit(
        "settings", context.partition(EVERY_BOOK), [Put({"id": personnel_number})]
    )
    place = context.partition(personnel_number)
    try:
        [etag] = await context.documents.commit(BOOKS, place, [Create(body)])
    except AlreadyExists:
        document = await context.documents.read(BOOKS, place, BOOK)
        if document is None:
            raise Unavailable("The book was made at this moment; try again.") from None
        return document
    return Document(body, etag)


async def add_clients(
    personnel_number: str, customer_ids: Sequence[str], *, context: Context
) -> list[ClientResult]:
    """Put each customer into the book, side by side, and say what became of her."""

    async def add(key: str, _: str) -> Done:
        return await add_client(personnel_number, key, context=context)

    return await side_by_side(customer_ids, add, context=context)


async def add_client(personnel_number: str, key: str, *, context: Context) -> Done:
    """Put one customer into the book; one who is there stays as she is.

    Raises CustomerNotFound, CustomerInactive, and ClientInAnotherBook unless the company allows
    several associates.
    """
    parameters = await context.configuration.parameters(context.legal_entity)
    new = Holder(personnel_number=personnel_number, added_at=context.now, added_by=context.actor)
    known = False

    def decide(membership: Membership) -> Membership:
        nonlocal known
        known = membership.of(personnel_number) is not None
        several = parameters.allow_several_associates
        return membership if known else membership.added(new, several=several)

    await change_clients(key, decide, context=context, active_only=True)
    return "AlreadyThere" if known else "Added"


async def change_clients(
    key: str,
    decide: Callable[[Membership], Membership],
    *,
    context: Context,
    active_only: bool = False,
    beside: Sequence[Operation] | None = None,
) -> None:
    """Change in whose books the customer is, and her cards. Raises as `change_membership`."""
    known = await change_membership(
        key, decide, context=context, active_only=active_only, beside=beside
    )
    await settle_or_leave(key, context=context, known=known)


async def side_by_side(
    customer_ids: Sequence[str], do: Callable[[str, str], Awaitable[Done]], *, context: Context
) -> list[ClientResult]:
    """Do it for each customer, some at a time, and return what became of each, in their order.

    `do` is called with her GUID and with what she was called.
    """
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(customer_id: str) -> ClientResult:
        async with gate:
            try:
                key = await resolve(customer_id, context=context)
                status = await do(key, customer_id)
            except (Unavailable, Stale):
                raise
            except Refusal as exc:
                return await refused(customer_id, exc, context)
            return ClientResult(customer_id=customer_id, status=status)

    return list(await asyncio.gather(*(one(name) for name in dict.fromkeys(customer_ids))))


async def refused(customer_id: str, refusal: Refusal, context: Context) -> ClientResult:
    """Return it as the result of one client; `holder` is named by her name too."""
    holder = refusal.facts.get("holder")
    if holder and (worker := await find_worker(holder["personnelNumber"], context)):
        holder = holder | {"name": worker.name}
    return ClientResult(
        customer_id=customer_id,
        status="Refused",
        code=refusal.code,
        detail=refusal.detail,
        holder=holder,
    )


def raise_single(result: ClientResult, refusals: Sequence[type[Refusal]]) -> None:
    """Raise what refused the only client that was asked for."""
    for kind in refusals:
        if result.code == kind.code:
            facts = {"holder": result.holder} if kind is ClientInAnotherBook else {}
            raise kind(result.detail or "", **facts)


async def remove_client(personnel_number: str, key: str, *, version: str, context: Context) -> None:
    """Take the customer out of the book. Raises ClientNotInBook, Stale."""

    def decide(membership: Membership) -> Membership:
        check_pair(membership.must_be_of(personnel_number), version)
        return membership.removed(personnel_number)

    await change_clients(key, decide, context=context)


async def edit_client(
    personnel_number: str, key: str, edit: ClientEdit, *, version: str, context: Context
) -> None:
    """Merge what the associate knows of her client. Raises ClientNotInBook, Stale, Invalid."""
    parameters = await context.configuration.parameters(context.legal_entity)
    definitions = await context.configuration.definitions(
        context.legal_entity, parameters.client_book_attribute_group
    )
    check_patch(edit.attributes, definitions)

    def decide(membership: Membership) -> Membership:
        pair = membership.must_be_of(personnel_number)
        check_pair(pair, version)
        known = listed(_merged(pair.attributes, edit.attributes), definitions)
        return membership.knowing(personnel_number, known)

    await change_clients(key, decide, context=context, beside=())


def check_pair(pair: Holder, version: str) -> None:
    if version.partition(".")[0] not in {"*", pair_etag(pair.version)}:
        raise VersionMismatch("The client was changed since you read the card; read it again.")


def pair_etag(version: int) -> str:
    return f"pair-{version}"


def _merged(old: Attributes, patch: Attributes) -> Attributes:
    return {name: value for name, value in (old | patch).items() if value is not None}


async def move_client(
    personnel_number: str, key: str, to: str, *, context: Context, moved_by: str | None = None
) -> None:
    """Move one client. Raises ClientNotInBook, CustomerNotFound."""
    new = Holder(
        personnel_number=to, added_at=context.now, added_by=context.actor, moved_by=moved_by
    )
    await change_clients(
        key, lambda membership: membership.moved(personnel_number, new), context=context
    )


async def receiving_book(personnel_number: str, pointer: str, context: Context) -> None:
    """Open the book of who is to have clients. Raises Invalid unless she works here still."""
    worker = await context.configuration.require(
        context.legal_entity, col.WORKERS, personnel_number, pointer
    )
    if not worker.active:
        raise Invalid.at(pointer, "worker-inactive", f"{personnel_number} no longer works here.")
    await open_book(personnel_number, own=False, context=context)
