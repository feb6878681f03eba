"""Physical partitions of a container: ranges of hashed keys, which split, and their versions."""

import re
import sys
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count, pairwise
from typing import Any

from tests.doubles.cosmos.items import Key, Range, Rejected

LOWEST, HIGHEST = "", "FF"
WHOLE = 1 << 30  # the hashes of keys fill the lower quarter of four bytes


@dataclass(slots=True)
class KeyRange:
    """A physical partition: hashed keys at least `start` and below `end`.

    `lsn` is that of its last write, `parents` are the partitions that it was split from.
    """

    id: str
    start: str
    end: str
    parents: tuple[str, ...] = ()
    lsn: int = 0

    def holds(self, effective: str) -> bool:
        return self.start <= effective < self.end

    def overlaps(self, start: str, end: str) -> bool:
        return self.start < end and start < self.end

    @property
    def token(self) -> str:
        return f"{self.id}:-1#{self.lsn}"

    def described(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "minInclusive": self.start,
            "maxExclusive": self.end,
            "parents": list(self.parents),
        }


class KeyRanges:
    """The physical partitions that a container has now, in the order of their keys."""

    def __init__(self, number: int, lsn: int = 0) -> None:
        bounds = [LOWEST, *(_hash(WHOLE * n // number) for n in range(1, number)), HIGHEST]
        self._ids = map(str, count())
        self.ranges = [
            KeyRange(next(self._ids), start, end, lsn=lsn) for start, end in pairwise(bounds)
        ]

    def __iter__(self) -> Iterator[KeyRange]:
        return iter(self.ranges)

    @property
    def count(self) -> int:
        return len(self.ranges)

    def of(self, effective: str) -> KeyRange:
        return next(one for one in self.ranges if one.holds(effective))

    def named(self, name: str) -> KeyRange | None:
        return next((one for one in self.ranges if one.id == name), None)

    def split(self, name: str) -> None:
        """Replace a partition by two, each with half of its keys."""
        at = next(index for index, one in enumerate(self.ranges) if one.id == name)
        old = self.ranges[at]
        low, high = _number(old.start), WHOLE if old.end == HIGHEST else _number(old.end)
        middle, parents = _hash((low + high) // 2), (*old.parents, old.id)
        self.ranges[at : at + 1] = [
            KeyRange(next(self._ids), old.start, middle, parents, old.lsn),
            KeyRange(next(self._ids), middle, old.end, parents, old.lsn),
        ]


EVERY_WRITE = sys.maxsize
READ_SESSION_NOT_AVAILABLE = 1002
TOKEN = re.compile(r"(\w{1,20}):-?\d{1,20}#(\d{1,20})(?:#.*)?")


class SessionTokens:
    """What a reader has seen, by the tokens that it brings: `partition:-1#lsn,...`.

    A `strong` reader sees every write.
    """

    def __init__(self, text: str, *, strong: bool = False) -> None:
        self._strong = strong
        self._seen: dict[str, int] = {}
        for token in filter(None, text.split(",")):
            version = TOKEN.fullmatch(token)
            if version is None:
                raise Rejected(400, "The session token provided is invalid")
            partition, lsn = version[1], int(version[2])
            self._seen[partition] = max(lsn, self._seen.get(partition, 0))

    def check(self, key_range: KeyRange) -> None:
        """Raise Rejected if no replica has come as far as what was seen of the partition."""
        if not self._strong and self.of(key_range) > key_range.lsn:
            raise Rejected(
                404, "The read session is not available", sub_status=READ_SESSION_NOT_AVAILABLE
            )

    def of(self, key_range: KeyRange) -> int:
        """Return the LSN that was seen of a partition, or of one that it was split from."""
        if self._strong:
            return EVERY_WRITE
        names = (key_range.id, *key_range.parents)
        return max((self._seen.get(name, 0) for name in names), default=0)


def is_in(target: KeyRange | Range | Key, key: Key, effective: str) -> bool:
    """Return whether a logical partition, with the hash of its key, is what is asked for."""
    if isinstance(target, KeyRange):
        return target.holds(effective)
    if isinstance(target, Range):
        return target.start <= effective < target.end
    return target == key


@dataclass
class Replica:
    """The replica that answers readers without a token: how far it has come.

    It stands still at the LSN `at`, or follows every write after `lag` seconds.
    """

    clock: Callable[[], float]
    at: int | None = None
    lag: float = 0.0
    _writes: deque[tuple[float, int]] = field(default_factory=deque)
    _reached: int = 0

    @property
    def lags(self) -> bool:
        return self.at is not None or self.lag > 0

    def start_at(self, lsn: int) -> None:
        """Take it that all was replicated up to this LSN."""
        self._reached = lsn

    def wrote(self, lsn: int) -> None:
        if self.lag:
            self._writes.append((self.clock(), lsn))

    def undo(self, lsn: int) -> None:
        """Forget the writes after this LSN, which were rolled back."""
        while self._writes and self._writes[-1][1] > lsn:
            self._writes.pop()

    def reached(self, newest: int) -> int:
        if self.at is not None:
            return self.at
        if not self.lag:
            return newest
        before = self.clock() - self.lag
        while self._writes and self._writes[0][0] <= before:
            self._reached = self._writes.popleft()[1]
        return self._reached if self._writes else newest


def _hash(number: int) -> str:
    return f"{number:08X}" + "0" * 24


def _number(effective: str) -> int:
    return int(effective[:8] or "0", 16)
