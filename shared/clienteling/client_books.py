"""The client books of associates, and the clients in them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal, NamedTuple
from zlib import crc32

from shared.clienteling import documents
from shared.clienteling.card_documents import is_empty
from shared.clienteling.card_projection import try_project_cards
from shared.clienteling.domain.client_books import (
    ClientBook,
    ClientBookNotFound,
    ClientBookUnattended,
    ClientEdit,
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
from shared.core.evolve import evolve
from shared.core.retry import ANY
from shared.core.values import Attributes
from shared.core.versioned import Versioned
from shared.customers.customers import resolve
from shared.ports.documents import Operation

MAX_AT_ONCE = 16
ClientOutcome = Literal["Added", "AlreadyThere", "Moved"]


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
    """Open the book of a worker who is to receive clients. Raises Invalid for one who has left."""
    worker = await context.configuration.require(
        context.legal_entity, col.WORKERS, personnel_number, pointer
    )
    if not worker.active:
        raise Invalid.at(pointer, "worker-inactive", f"{personnel_number} no longer works here.")
    await open_book(personnel_number, own=False, context=context)


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


async def add_clients(
    personnel_number: str, customer_ids: Sequence[str], *, context: Context
) -> list[ClientResult]:
    """Add each customer to the book, side by side, and return the result for each."""

    async def add(key: str, _: str) -> ClientOutcome:
        return await add_client(personnel_number, key, context=context)

    return await side_by_side(customer_ids, add, context=context)


async def add_single_client(
    personnel_number: str, customer_id: str, *, context: Context
) -> ClientResult:
    """Add one customer, named by GUID or account number. Raises as `add_client`."""
    key = await resolve(customer_id, context=context)
    try:
        outcome = await add_client(personnel_number, key, context=context)
    except Refusal as exc:
        if holder := await _named_holder(exc, context):
            exc.facts["holder"] = holder
        raise
    return ClientResult(customer_id=customer_id, status=outcome)


async def add_client(personnel_number: str, key: str, *, context: Context) -> ClientOutcome:
    """Add one customer to the book; a client of the book stays as they are.

    Raises CustomerNotFound, CustomerInactive, and ClientInAnotherBook unless the company allows
    several associates.
    """
    parameters = await context.configuration.parameters(context.legal_entity)
    new = Holder(personnel_number=personnel_number, added_at=context.now, added_by=context.actor)
    already_there = False

    def decide(membership: Membership) -> Membership:
        nonlocal already_there
        already_there = membership.of(personnel_number) is not None
        several = parameters.allow_several_associates
        return membership if already_there else membership.added(new, several=several)

    await change_clients(key, decide, context=context, active_only=True)
    return "AlreadyThere" if already_there else "Added"


async def change_clients(
    key: str,
    decide: Callable[[Membership], Membership],
    *,
    context: Context,
    active_only: bool = False,
    beside: Sequence[Operation] | None = None,
) -> None:
    """Change in whose books the customer is, and the cards. Raises as `change_membership`."""
    state = await change_membership(
        key, decide, context=context, active_only=active_only, beside=beside
    )
    await try_project_cards(key, context=context, state=state)


async def side_by_side(
    customer_ids: Sequence[str],
    act: Callable[[str, str], Awaitable[ClientOutcome]],
    *,
    context: Context,
) -> list[ClientResult]:
    """Act on each customer, some at a time, and return a result for each, in their order.

    `act` is called with the GUID, and with the id that the caller named. A refusal is the result
    of its client; Unavailable and Stale are raised.
    """
    gate = asyncio.Semaphore(MAX_AT_ONCE)

    async def act_on(customer_id: str) -> ClientResult:
        async with gate:
            try:
                key = await resolve(customer_id, context=context)
                outcome = await act(key, customer_id)
            except (Unavailable, Stale):
                raise
            except Refusal as exc:
                return await _refused(customer_id, exc, context)
            return ClientResult(customer_id=customer_id, status=outcome)

    unique_ids = dict.fromkeys(customer_ids)
    return list(await asyncio.gather(*(act_on(customer_id) for customer_id in unique_ids)))


async def _refused(customer_id: str, refusal: Refusal, context: Context) -> ClientResult:
    return ClientResult(
        customer_id=customer_id,
        status="Refused",
        code=refusal.code,
        detail=refusal.detail,
        holder=await _named_holder(refusal, context),
    )


async def _named_holder(refusal: Refusal, context: Context) -> dict[str, str] | None:
    """Return the associate that the refusal names, with the name of the worker."""
    holder: dict[str, str] | None = refusal.facts.get("holder")
    if holder and (worker := await find_worker(holder["personnelNumber"], context)):
        return holder | {"name": worker.name}
    return holder


async def remove_client(
    personnel_number: str, key: str, *, if_match: str, context: Context
) -> None:
    """Remove the customer from the book. Raises ClientNotInBook, VersionMismatch."""

    def decide(membership: Membership) -> Membership:
        _check_pair(membership.must_be_of(personnel_number), if_match)
        return membership.removed(personnel_number)

    await change_clients(key, decide, context=context)


async def edit_client(
    personnel_number: str, key: str, edit: ClientEdit, *, if_match: str, context: Context
) -> None:
    """Merge what the associate knows of the client.

    Raises ClientNotInBook, VersionMismatch, Invalid.
    """
    parameters = await context.configuration.parameters(context.legal_entity)
    definitions = await context.configuration.definitions(
        context.legal_entity, parameters.client_book_attribute_group
    )
    check_patch(edit.attributes, definitions)

    def decide(membership: Membership) -> Membership:
        pair = membership.must_be_of(personnel_number)
        _check_pair(pair, if_match)
        attributes = listed(_merged(pair.attributes, edit.attributes), definitions)
        return membership.knowing(personnel_number, attributes)

    await change_clients(key, decide, context=context, beside=())


async def move_client(
    personnel_number: str, key: str, to: str, *, context: Context, moved_by: str | None = None
) -> None:
    """Move one client to another book. Raises ClientNotInBook, CustomerNotFound."""
    new = Holder(
        personnel_number=to, added_at=context.now, added_by=context.actor, moved_by=moved_by
    )
    await change_clients(
        key, lambda membership: membership.moved(personnel_number, new), context=context
    )


def _check_pair(pair: Holder, if_match: str) -> None:
    if if_match.partition(".")[0] not in {ANY, pair_etag(pair.version)}:
        raise VersionMismatch("The client was changed since you read the card; read it again.")


def pair_etag(version: int) -> str:
    return f"pair-{version}"


def _merged(attributes: Attributes, patch: Attributes) -> Attributes:
    return {name: value for name, value in (attributes | patch).items() if value is not None}
