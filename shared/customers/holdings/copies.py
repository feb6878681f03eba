"""Copies of what is stored about a customer that others keep, who are told that they are gone."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.context import Context
from shared.customers.holdings.noted import Noted, Tombstone


@dataclass(frozen=True, slots=True)
class Copies:
    """Copies of a holding that channels keep.

    `find` returns the tombstone of a customer whose holding was emptied, None if there never was a
    copy. `passed` returns those of some channels that have applied it, and when at the latest.
    `what` are copies on the way to a channel; they are gone within a time.
    """

    what: str
    gone_within: timedelta
    find: Callable[[Noted, Context], Awaitable[Tombstone | None]]
    passed: Callable[[Tombstone, Sequence[str], Context], Awaitable[Mapping[str, datetime]]]
