"""Keeping the directory true to the customers."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.domain.customers import Customer
from shared.domain.directory import account_bucket, entries, line, listing_bucket, listing_id
from shared.errors import AlreadyExists, Stale, Unavailable
from shared.ports import Create, Document, Documents, Placed, Put, Remove, Replace
from shared.usecases.records import load

MOST_TRIES = 8
GRACE = 1.5  # seconds that the writer of a change has for its directory entries


async def index(documents: Documents, customer: Customer, *, fresh: bool = False) -> None:
    """Make the directory say what the customer is, and stop saying what it was.

    The listing is written last and names everything that was written for this version of the
    customer, so whoever finds it at that version knows the rest to be there. `fresh` spares the
    look at the listing when the customer was made a moment ago.
    """
    listing = None if fresh else await _listing(documents, customer)
    tried: set[str] = set()
    for _ in range(MOST_TRIES):
        try:
            await documents.scatter("directory", *_writes(customer, listing, tried))
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


@dataclass(frozen=True, slots=True)
class Change:
    """A customer as the change feed tells of it."""

    body: Mapping[str, Any]
    etag: str

    @property
    def created_at(self) -> datetime:
        return datetime.fromisoformat(self.body["createdAt"])

    def age(self, now: datetime) -> float:
        return (now - datetime.fromisoformat(self.body["modifiedAt"])).total_seconds()


async def repair(documents: Documents, changes: Sequence[Change], now: datetime) -> int:
    """Index the changed customers whose writers did not come that far; return how many.

    A writer that is still on its way is given time to finish: overtaking it would be work twice.
    """
    missing = [change for change in changes if not await _is_indexed(documents, change)]
    if not missing:
        return 0
    await asyncio.sleep(max(0.0, GRACE - min(change.age(now) for change in missing)))
    left = [change for change in missing if not await _is_indexed(documents, change)]
    for change in left:
        # What the feed delivers may be older than what is there by now.
        company, key = change.body["legalEntity"], change.body["id"]
        await index(documents, await load(documents, company, key))
    return len(left)


async def _is_indexed(documents: Documents, change: Change) -> bool:
    place = (change.body["legalEntity"], listing_bucket(change.created_at.year))
    name = listing_id(change.created_at, change.body["id"])
    listing = await documents.read("directory", place, name)
    return listing is not None and listing.body["line"]["etag"] == change.etag


async def _listing(documents: Documents, customer: Customer) -> Document | None:
    place = (customer.legal_entity, listing_bucket(customer.created_at.year))
    return await documents.read("directory", place, listing_id(customer.created_at, customer.id))


def _writes(
    customer: Customer, listing: Document | None, tried: set[str]
) -> tuple[list[Placed], Placed]:
    """Return entries and listing; `tried` gathers what failed attempts may have left behind."""
    company = customer.legal_entity
    now = entries(customer)
    writes = [Placed((company, bucket), Put(body)) for bucket, body in now]
    refs = [f"{bucket}\t{body['id']}" for bucket, body in now]
    gone = tried.union(listing.body["refs"].splitlines() if listing else ()).difference(refs)
    tried.update(refs)
    for ref in gone:
        bucket, _, entry_id = ref.partition("\t")
        writes.append(Placed((company, bucket), Remove(entry_id)))
    known = listing.body["line"]["accountNumber"] if listing else None
    if customer.account_number and customer.account_number != known:
        account = {"id": "account", "customerKey": customer.id}
        writes.append(Placed((company, account_bucket(customer.account_number)), Put(account)))
    return writes, _seal(customer, listing, refs)


def _seal(customer: Customer, listing: Document | None, refs: list[str]) -> Placed:
    body: dict[str, Any] = {
        "id": listing_id(customer.created_at, customer.id),
        "line": line(customer),
        "books": list(customer.address_books),
        "active": customer.status == "Active",
        "refs": "\n".join(refs),  # one text is read faster than many, by everyone who lists
    }
    place = (customer.legal_entity, listing_bucket(customer.created_at.year))
    return Placed(place, Replace(body, listing.etag) if listing else Create(body))
