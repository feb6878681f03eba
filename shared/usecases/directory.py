"""Keeping the directory true to the customers."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from shared.domain.customers import Customer
from shared.domain.directory import account_bucket, entries, line, listing_bucket, listing_id
from shared.errors import AlreadyExists, Stale, Unavailable
from shared.ports import Create, Document, Documents, Placed, Put, Remove, Replace
from shared.usecases.records import load

MOST_TRIES = 8


async def index(documents: Documents, customer: Customer, *, fresh: bool = False) -> None:
    """Make the directory say what the customer is, and stop saying what it was.

    The listing is written last and names everything that was written for this version of the
    customer, so whoever finds it at that version knows the rest to be there. `fresh` spares the
    look at the listing when the customer was made a moment ago.
    """
    listing = None if fresh else await _listing(documents, customer)
    for _ in range(MOST_TRIES):
        try:
            await documents.scatter("directory", *_writes(customer, listing))
        except (Stale, AlreadyExists):
            # Somebody wrote for another version at the same time, and ours may have come on
            # top of theirs: whoever loses writes everything again, from the newest version.
            customer = await load(documents, customer.legal_entity, customer.id)
            listing = await _listing(documents, customer)
        else:
            return
    raise Stale(f"The customer {customer.id} changes faster than its directory entries.")


async def index_or_leave(documents: Documents, customer: Customer, *, fresh: bool = False) -> None:
    """Index now if that is possible; what is left undone, the change feed does."""
    with suppress(Unavailable, Stale):
        await index(documents, customer, fresh=fresh)


async def repair(documents: Documents, body: Mapping[str, Any], etag: str) -> bool:
    """Index a changed customer whose writer did not come that far; tell whether it was so."""
    created = datetime.fromisoformat(body["createdAt"])
    place = (body["legalEntity"], listing_bucket(created.year))
    listing = await documents.read("directory", place, listing_id(created, body["id"]))
    if listing and listing.body["line"]["etag"] == etag:
        return False
    # What the feed delivers may be older than what is there by now.
    await index(documents, await load(documents, body["legalEntity"], body["id"]))
    return True


async def _listing(documents: Documents, customer: Customer) -> Document | None:
    place = (customer.legal_entity, listing_bucket(customer.created_at.year))
    return await documents.read("directory", place, listing_id(customer.created_at, customer.id))


def _writes(customer: Customer, listing: Document | None) -> tuple[list[Placed], Placed]:
    company = customer.legal_entity
    now = entries(customer)
    writes = [Placed((company, bucket), Put(body)) for bucket, body in now]
    refs = [[bucket, body["id"]] for bucket, body in now]
    before = listing.body["refs"] if listing else []
    writes += [
        Placed((company, bucket), Remove(entry_id))
        for bucket, entry_id in before
        if [bucket, entry_id] not in refs
    ]
    known = listing.body["line"]["accountNumber"] if listing else None
    if customer.account_number and customer.account_number != known:
        account = {"id": "account", "customerKey": customer.id}
        writes.append(Placed((company, account_bucket(customer.account_number)), Put(account)))
    return writes, _seal(customer, listing, refs)


def _seal(customer: Customer, listing: Document | None, refs: list[list[str]]) -> Placed:
    body: dict[str, Any] = {
        "id": listing_id(customer.created_at, customer.id),
        "line": line(customer),
        "books": list(customer.address_books),
        "active": customer.status == "Active",
        "refs": refs,
    }
    place = (customer.legal_entity, listing_bucket(customer.created_at.year))
    return Placed(place, Replace(body, listing.etag) if listing else Create(body))
