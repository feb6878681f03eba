"""Keeping the directory in step with the customers."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from shared.context import Context
from shared.core.concurrency import side_by_side
from shared.core.errors import AlreadyExists, Stale, Unavailable
from shared.core.retry import until_not_stale
from shared.core.versioned import Versioned
from shared.customers import documents as customers
from shared.customers.directory import documents
from shared.customers.domain.customers import Customer
from shared.customers.domain.directory import Entry, entries, line, listing_id, stamp
from shared.ports.documents import Create, Operation, Placed, Replace, Succeed

AT_ONCE = 16
PATIENCE_SECONDS = 2.0  # that a request spends on entries that others are rewriting


@dataclass(frozen=True, slots=True)
class Listed:
    """What the directory says of a customer before it is rewritten: entries, and the listing.

    `refs` name the entries, and `replace` returns what writes over exactly that listing.
    """

    refs: frozenset[str]
    account_number: str | None
    replace: Callable[[dict[str, Any]], Operation]


UNLISTED = Listed(frozenset(), None, Create)


def listed_after(before: Customer) -> Listed:
    """Return what the directory says if the writer of the version before has finished."""
    return Listed(
        frozenset(_refs(entries(before))),
        before.account_number,
        lambda body: Succeed(body, was=stamp(before)),
    )


def refs_of(customer: Customer) -> list[str]:
    """Return what names the entries of the customer in the directory."""
    return _refs(entries(customer))


async def refs_kept(customer: Customer, context: Context) -> frozenset[str]:
    """Return what the listing names, by whichever rules it was written. One point read."""
    return (await _listed(customer, context)).refs


async def index(
    customer: Versioned[Customer],
    listed: Listed | None,
    context: Context,
    *,
    patience: float | None = None,
) -> None:
    """Make the directory say what the customer is, and stop saying what it was.

    The listing is written last and names everything that was written for this version of the
    customer, so whoever finds it at that version knows the rest to be there. A caller who knows
    what is `listed` saves reading it; it is read where that turns out to be wrong. Raises
    Unavailable.
    """
    attempted: set[str] = set()
    newest, known = customer, listed

    async def attempt() -> None:
        nonlocal newest, known
        current = known or await _listed(newest.value, context)
        try:
            if newest.value.status == "Erased":
                await _clear(newest.value, attempted.union(current.refs), context)
                return
            await documents.scatter(*_writes(newest, current, attempted), context)
        except (Stale, AlreadyExists):
            # Another version was written at the same time, and our entries may have replaced
            # its entries: whoever loses writes everything again, from the newest version.
            newest, known = await customers.load(newest.value.id, context), None
            raise

    await until_not_stale(attempt, patience=patience)


async def try_index(customer: Versioned[Customer], listed: Listed | None, context: Context) -> None:
    """Index now if that is possible; the change feed does what is left undone."""
    with suppress(Unavailable, Stale):
        await index(customer, listed, context, patience=PATIENCE_SECONDS)


async def is_listed(customer: Customer, context: Context) -> bool:
    """Return whether the directory says what this version of the customer is. One point read.

    Of a customer who was erased it says nothing.
    """
    listing = await documents.read_listing(customer.created_at, customer.id, context)
    if customer.status == "Erased":
        return listing is None
    return listing is not None and bool(listing.body["version"] == stamp(customer))


async def _listed(customer: Customer, context: Context) -> Listed:
    listing = await documents.read_listing(customer.created_at, customer.id, context)
    if listing is None:
        return UNLISTED
    return Listed(
        frozenset(listing.body["refs"].splitlines()),
        listing.body["line"]["accountNumber"],
        lambda body: Replace(body, listing.etag),
    )


async def _clear(customer: Customer, refs: Iterable[str], context: Context) -> None:
    """Remove the entries and, when all are gone, the place in the list that named them."""
    company = customer.legal_entity
    removals = [documents.remove_entry(company, *_place(ref)) for ref in refs]
    await side_by_side(removals, partial(documents.remove, context=context), at_once=AT_ONCE)
    listing = documents.remove_listing(company, customer.created_at, customer.id)
    await documents.remove(listing, context=context)


def _place(ref: str) -> tuple[str, str]:
    bucket, _, entry_id = ref.partition("\t")
    return bucket, entry_id


def _writes(
    versioned: Versioned[Customer], listed: Listed, attempted: set[str]
) -> tuple[list[Placed], Placed]:
    """Return entries and listing; `attempted` gathers what failed attempts may have written."""
    customer, company = versioned.value, versioned.value.legal_entity
    current = entries(customer)
    writes = [documents.put_entry(company, bucket, body) for bucket, body in current]
    refs = _refs(current)
    former = attempted.union(listed.refs).difference(refs)
    writes += [documents.remove_entry(company, *_place(ref)) for ref in former]
    attempted.update(refs)
    if customer.account_number and customer.account_number != listed.account_number:
        writes.append(documents.put_account(company, customer.account_number, customer.id))
    partition = documents.listing_partition(company, customer.created_at)
    return writes, Placed(partition, listed.replace(_listing(versioned, refs)))


def _refs(current: Sequence[Entry]) -> list[str]:
    return [f"{bucket}\t{body['id']}" for bucket, body in current]


def _listing(versioned: Versioned[Customer], refs: list[str]) -> dict[str, Any]:
    customer = versioned.value
    return {
        "id": listing_id(customer.created_at, customer.id),
        "version": stamp(customer),
        "line": line(customer),
        "books": list(customer.address_books),
        "active": customer.status == "Active",
        "refs": "\n".join(refs),  # one text is read faster than many, by everyone who lists
    }
