"""Following customers: each change of a customer, and of its addresses, gets into the index."""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from shared.context import Context
from shared.core.concurrency import side_by_side
from shared.customers.copies import (
    AddressCopy,
    CustomerCopy,
    copy_address,
    copy_addresses,
    copy_customer,
)
from shared.distribution.domain.entries import SHARDS, Entry, customer_shard, gone, put
from shared.distribution.domain.scopes import ADDRESSES, CUSTOMERS, OWN
from shared.distribution.index import documents
from shared.distribution.index.appending import append
from shared.ports.changes import Change, check_reached


@dataclass
class Told:
    """What a feed told of one customer: at least which version, and which addresses, or all.

    Where `is_burial` is set, one who is gone gets a tombstone even if the index never had a row.
    """

    version: int = 0
    all_addresses: bool = False
    is_burial: bool = False
    addresses: dict[str, int] = field(default_factory=dict)

    def add(self, change: Change) -> None:
        self.version = max(self.version, change.version)
        if change.type != "customer":
            address_id = change.id.partition(":")[2]
            self.addresses[address_id] = max(change.version, self.addresses.get(address_id, 0))


KINDS: Final = frozenset({"customer", "address", "address-ended"})


async def index_changes(changes: Sequence[Change], context: Context) -> list[Entry]:
    """Append what the feed told of customers of this company; return those entries.

    Shards are written side by side; in each, a customer's own entry comes after its addresses.
    Raises Unavailable, and Lagging where the store does not show yet what was told.
    """
    told: defaultdict[str, defaultdict[str, Told]] = defaultdict(lambda: defaultdict(Told))
    for change in changes:
        if change.type in KINDS:
            told[customer_shard(change.key)][change.key].add(change)

    async def index(shard: str) -> list[Entry]:
        return await _index(shard, told[shard], context)

    appended = await side_by_side(told, index, at_once=SHARDS)
    return [entry for entries in appended for entry in entries]


async def index_customer(key: str, version: int, context: Context) -> int:
    """Append what the index does not say yet of one customer; return how many entries that is.

    All addresses are looked at. Raises Unavailable, and Lagging where the version does not show.
    """
    told = {key: Told(version, all_addresses=True)}
    return len(await _index(customer_shard(key), told, context))


async def bury_customer(key: str, context: Context) -> int:
    """Put tombstones where rows of a customer are who was erased; return how many entries that is.

    One at least, the first time: a reader who saw the customer before, and has not written yet,
    then finds that another writer came first, and reads again. Raises Unavailable.
    """
    told = Told(all_addresses=True, is_burial=True)
    return len(await _index(customer_shard(key), {key: told}, context))


async def is_indexed(key: str, version: int, context: Context) -> bool:
    """Return whether the index says what the customer is at this version. One point read."""
    entry = await documents.read_entry(customer_shard(key), CUSTOMERS, key, context)
    return entry is not None and entry.version >= version


async def _index(shard: str, told: Mapping[str, Told], context: Context) -> list[Entry]:
    async def find() -> list[Entry]:
        return [
            entry for key, one in told.items() async for entry in _entries(shard, key, one, context)
        ]

    return await append(shard, find, context)


async def _entries(shard: str, key: str, told: Told, context: Context) -> AsyncIterator[Entry]:
    """Yield what the index should say of a customer, the customer itself last.

    Where a reader has been overtaken by another one, nothing: the other has seen more.
    """
    customer = await copy_customer(key, context)
    check_reached(customer.version if customer else None, told.version)
    own = await documents.read_entry(shard, CUSTOMERS, key, context)
    if customer is None or (own and own.version > customer.version):
        return
    reach = sorted({*customer.address_books, f"{OWN}{key}"})
    has_moved = own is None or list(own.reach) != reach or own.alive != bool(customer.row)
    if told.all_addresses or has_moved:
        addresses = _all_addresses(shard, key, customer, reach, context)
    else:
        addresses = _told_addresses(shard, key, told.addresses, reach, context)
    async for address in addresses:
        yield address
    if customer.row:
        yield put(
            CUSTOMERS,
            key,
            customer.row,
            owner=key,
            version=customer.version,
            reach=reach,
            now=context.now,
        )
    elif own or told.is_burial:
        known = own or put(CUSTOMERS, key, {}, owner=key, version=0, reach=reach, now=context.now)
        yield gone(known, version=customer.version, now=context.now)


async def _told_addresses(
    shard: str, key: str, told: Mapping[str, int], reach: Collection[str], context: Context
) -> AsyncIterator[Entry]:
    for address_id, version in told.items():
        address = await copy_address(key, address_id, context)
        if address:
            check_reached(address.version, version)
            if entry := await _address(shard, key, address, reach, context):
                yield entry


async def _all_addresses(
    shard: str, key: str, customer: CustomerCopy, reach: Collection[str], context: Context
) -> AsyncIterator[Entry]:
    """Yield all addresses: they enter scopes, and leave them, with their customer."""
    found: set[str] = set()
    if customer.row:
        async for address in copy_addresses(key, context):
            found.add(f"{key}/{address.id}")
            if entry := await _address(shard, key, address, reach, context):
                yield entry
    for stored in await documents.entries_of(shard, key, context):
        if stored.table == ADDRESSES and stored.alive and stored.key not in found:
            yield gone(stored, version=customer.version, now=context.now)


async def _address(
    shard: str, key: str, address: AddressCopy, reach: Collection[str], context: Context
) -> Entry | None:
    name = f"{key}/{address.id}"
    if address.row:
        return put(
            ADDRESSES,
            name,
            address.row,
            owner=key,
            version=address.version,
            reach=reach,
            now=context.now,
        )
    stored = await documents.read_entry(shard, ADDRESSES, name, context)
    return gone(stored, version=address.version, now=context.now) if stored else None
