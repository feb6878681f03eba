"""Keeping the directory true to the customers."""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.core.errors import AlreadyExists, Stale, Unavailable
from shared.customers.documents import load
from shared.customers.domain.customers import Customer
from shared.customers.domain.directory import (
    Entry,
    account_bucket,
    entries,
    line,
    listing_bucket,
    listing_id,
    stamp,
)
from shared.ports.documents import (
    Create,
    Documents,
    Operation,
    Placed,
    Put,
    Remove,
    Replace,
    Succeed,
)

MOST_TRIES = 8
PAUSE = 0.01  # seconds, times a random part, doubled with each try
GRACE = 1.5  # seconds that the writer of a change has for its directory entries


@dataclass(frozen=True, slots=True)
class Listed:
    """What the directory says of a customer before it is written anew: entries, and the listing.

    `replace` makes the operation that writes over exactly that listing.
    """

    refs: frozenset[str]
    account_number: str | None
    replace: Callable[[dict[str, Any]], Operation]


UNLISTED = Listed(frozenset(), None, Create)


def after(before: Customer) -> Listed:
    """Return what stands there if the writer of the version before came to the end."""
    return Listed(
        frozenset(_refs(entries(before))),
        before.account_number,
        lambda body: Succeed(body, was=stamp(before)),
    )


async def index(documents: Documents, customer: Customer, listed: Listed | None = None) -> None:
    """Make the directory say what the customer is, and stop saying what it was.

    The listing is written last and names everything that was written for this version of the
    customer, so whoever finds it at that version knows the rest to be there. Who knows what was
    `listed` spares the look at it, and looks if that turns out not to be so.
    """
    tried: set[str] = set()
    for tries in range(MOST_TRIES):
        listed = listed or await _listed(documents, customer)
        try:
            await documents.scatter("directory", *_writes(customer, listed, tried))
        except (Stale, AlreadyExists):
            # Somebody wrote for another version at the same time, and ours may have come on
            # top of theirs: whoever loses writes everything again, from the newest version.
            await asyncio.sleep(random.random() * PAUSE * 2**tries)  # noqa: S311  # jitter
            customer = await load(documents, customer.legal_entity, customer.id)
            listed = None
        else:
            return
    raise Stale(f"The customer {customer.id} changes faster than its directory entries.")


async def index_or_leave(
    documents: Documents, customer: Customer, listed: Listed | None = None
) -> None:
    """Index now if that is possible; what is left undone, the change feed does."""
    with suppress(Unavailable, Stale):
        await index(documents, customer, listed)


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
    repaired = 0
    for change in left:
        newest = await load(documents, change.body["legalEntity"], change.body["id"])
        if newest.etag == change.etag:  # else the feed is going to tell of the newer one too
            await index(documents, newest)
            repaired += 1
    return repaired


async def _is_indexed(documents: Documents, change: Change) -> bool:
    place = (change.body["legalEntity"], listing_bucket(change.created_at.year))
    name = listing_id(change.created_at, change.body["id"])
    listing = await documents.read("directory", place, name)
    return listing is not None and listing.body["line"]["etag"] == change.etag


async def _listed(documents: Documents, customer: Customer) -> Listed:
    place = (customer.legal_entity, listing_bucket(customer.created_at.year))
    name = listing_id(customer.created_at, customer.id)
    listing = await documents.read("directory", place, name)
    if listing is None:
        return UNLISTED
    return Listed(
        frozenset(listing.body["refs"].splitlines()),
        listing.body["line"]["accountNumber"],
        lambda body: Replace(body, listing.etag),
    )


def _writes(customer: Customer, listed: Listed, tried: set[str]) -> tuple[list[Placed], Placed]:
    """Return entries and listing; `tried` gathers what failed attempts may have left behind."""
    company = customer.legal_entity
    now = entries(customer)
    writes = [Placed((company, bucket), Put(body)) for bucket, body in now]
    refs = _refs(now)
    for ref in tried.union(listed.refs).difference(refs):
        bucket, _, entry_id = ref.partition("\t")
        writes.append(Placed((company, bucket), Remove(entry_id)))
    tried.update(refs)
    if customer.account_number and customer.account_number != listed.account_number:
        account = {"id": "account", "customerKey": customer.id}
        writes.append(Placed((company, account_bucket(customer.account_number)), Put(account)))
    place = (company, listing_bucket(customer.created_at.year))
    return writes, Placed(place, listed.replace(_listing(customer, refs)))


def _refs(said: Sequence[Entry]) -> list[str]:
    return [f"{bucket}\t{body['id']}" for bucket, body in said]


def _listing(customer: Customer, refs: list[str]) -> dict[str, Any]:
    return {
        "id": listing_id(customer.created_at, customer.id),
        "version": stamp(customer),
        "line": line(customer),
        "books": list(customer.address_books),
        "active": customer.status == "Active",
        "refs": "\n".join(refs),  # one text is read faster than many, by everyone who lists
    }
