"""Entries of the index of changes: what each says of its row, and which of two is the newer one.

Every row that a channel may hold has one entry, which bears the number of its last change in its
shard. What changed after a number is the entries above it; all of it is those above zero.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from shared.core.canonical import canonical
from shared.core.evolve import evolve
from shared.core.values import Record

SHARDS: Final = 8  # of the customers of a company
EVERYBODY: Final = "*"  # in the reach of what no scope leaves out
REMEMBERED: Final = timedelta(days=30)  # for what is gone, or left a scope; chains are not older
HASH_DIGITS: Final = 32
Row = Mapping[str, Any]


class Entry(Record):
    """The newest state of a row. `seq` is the number of its last change, 0 before it has one.

    `reach` is what scopes are matched with, and `left` what it was matched with before, and until
    when. A tombstone is not `alive`, and has no row. `owner` is the customer whose row it is.
    """

    table: str
    key: str
    owner: str | None = None
    seq: int = 0
    version: int
    hash: str = ""
    alive: bool = True
    reach: tuple[str, ...]
    left: dict[str, datetime] = {}
    row: dict[str, Any] | None = None
    changed_at: datetime

    @property
    def name(self) -> str:
        return f"{self.table}:{self.key}"

    def is_in(self, scope: Collection[str]) -> bool:
        """Return whether the row is there for who has this scope; otherwise it is gone there."""
        return self.row is not None and not set(self.reach).isdisjoint(scope)

    def says_the_same(self, other: "Entry") -> bool:
        return (self.version, self.hash, self.alive, self.reach) == (
            other.version,
            other.hash,
            other.alive,
            other.reach,
        )


def put(  # noqa: PLR0913  # the parts of a row
    table: str,
    key: str,
    row: Row,
    *,
    version: int,
    reach: Iterable[str],
    now: datetime,
    owner: str | None = None,
) -> Entry:
    """Return the entry of a row that is there."""
    return Entry(
        table=table,
        key=key,
        owner=owner,
        version=version,
        hash=hash_of(row),
        reach=tuple(sorted(set(reach))),
        row=dict(row),
        changed_at=now,
    )


def gone(entry: Entry, *, version: int, now: datetime) -> Entry:
    """Return the tombstone of the row."""
    return evolve(entry, alive=False, row=None, hash="", version=version, changed_at=now)


def newest(stored: Entry | None, coming: Entry, now: datetime) -> Entry | None:
    """Return what the entry becomes; None where it stays as it is.

    What comes late, twice or again from the beginning changes nothing: its version is older, or
    it says the same.
    """
    if stored is None:
        return coming
    if coming.version < stored.version or coming.says_the_same(stored):
        return None
    left = stored.left | {one: now for one in stored.reach if one not in coming.reach}
    return evolve(coming, left=_remembered(left, coming.reach, now))


def _remembered(
    left: Mapping[str, datetime], reach: Collection[str], now: datetime
) -> dict[str, datetime]:
    return {one: at for one, at in left.items() if one not in reach and now - at < REMEMBERED}


def hash_of(row: Row) -> str:
    """Return the first 32 hex digits of SHA-256 over the row in the form of RFC 8785."""
    return sha256(canonical(row)).hexdigest()[:HASH_DIGITS]


def customer_shard(customer_id: str) -> str:
    """Return the shard of a customer, and of the addresses of that customer."""
    return f"customers:{int(customer_id[:8], 16) % SHARDS}"
