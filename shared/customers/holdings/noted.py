"""What is noted of a customer who is erased: where to look for the rest, and who has copies."""

from datetime import datetime

from shared.core.values import Record


class NotedPoint(Record):
    """A contact point that the customer has, or had: its value in normal form, and its hash."""

    kind: str
    normal: str
    hash: str


class Noted(Record):
    """What finders need. `refs` are entries of the directory that the customer has, or had.

    `books` are those that the customer was ever in, and `external_ids` the hashes of the ids in
    other systems. `words` are values that nothing may contain any more. All of it goes with the
    last step.
    """

    customer_id: str
    account_number: str | None
    created_at: datetime
    books: tuple[str, ...] = ()
    external_ids: tuple[str, ...] = ()
    points: tuple[NotedPoint, ...] = ()
    refs: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """Return by what others name the customer: the GUID, and the number."""
        return frozenset(name for name in (self.customer_id, self.account_number) if name)


class Tombstone(Record):
    """What tells channels that a customer is gone: the number that says so in a shard.

    `channels` may have copies.
    """

    shard: str
    number: int
    channels: tuple[str, ...]
