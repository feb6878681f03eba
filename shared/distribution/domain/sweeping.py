"""Which packages of a chain nobody takes any more."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Final

from shared.distribution.domain.packages import Package
from shared.distribution.domain.sessions import Position, offered

KEPT: Final = timedelta(days=14)  # of what a newer full took the place of, for who is behind
RENEWED: Final = timedelta(days=20)  # of the newest full, while its job is active
ENDED: Final = timedelta(days=30)  # of the newest full in any case: blobs end then, too
GONE_WITHIN: Final = ENDED + timedelta(days=1)  # of what a package holds: it is swept by the hour


def obsolete(
    packages: Sequence[Package], positions: Iterable[Position], now: datetime
) -> list[Package]:
    """Return the packages that are no longer needed, of all those of a chain, oldest first.

    They are the first ones, and the newest full is above them: who is at one of them takes that.
    What a channel at one of these positions is offered stays, unless it is older than 14 days.
    Where nothing has renewed the newest full, as no run does of an inactive job, all of them go in
    the end: whom somebody asked to forget is in no package for ever.
    """
    fulls = [package for package in packages if package.full]
    if not fulls:
        return []
    newest = fulls[-1]
    if now - newest.created_at > ENDED:
        return list(packages)
    first = min([newest.number, *(_first_offered(position, packages) for position in positions)])
    below = (package for package in packages if package.number < newest.number)
    return list(
        takewhile(lambda one: one.number < first or now - one.created_at > KEPT, below)
    )  # fmt: skip


def must_renew(packages: Sequence[Package], now: datetime) -> bool:
    """Return whether the newest full will end before long, while the chain goes on with deltas."""
    fulls = [package for package in packages if package.full]
    return bool(fulls) and now - fulls[-1].created_at > RENEWED


def _first_offered(position: Position, packages: Sequence[Package]) -> int:
    """Return the number of the first package that is offered; the next one if none is yet."""
    above = [package for package in packages if package.number > position.number]
    offers = offered(position, above).offers
    return offers[0].package.number if offers else packages[-1].number + 1
