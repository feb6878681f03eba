"""Schedules of timers and of distribution jobs: NCRONTAB, read as the Functions host reads it.

https://github.com/atifaziz/NCrontab has the grammar. What differs from other cron dialects is
turned into plain lists of values here: a range that goes backwards is the one that goes forwards,
`10/5` begins at 10, names may be shortened, and there is neither day 0 nor weekday 7.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Final

from shared.core.errors import Invalid

if TYPE_CHECKING:
    from croniter import croniter

WITH_SECONDS: Final = 6  # fields; with five the second is 0
SECOND: Final = timedelta(seconds=1)
MAX_COUNTED: Final = 2_000  # due times; a day has 1,440 minutes
_NUMBER: Final = re.compile(r"[0-9]{1,9}")
_STEP: Final = re.compile(r"[+-]?[0-9]{1,9}")


class NotNcrontab(ValueError):
    """The text is not NCRONTAB, so a function with this schedule would not start."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """What one field may hold; names stand for the values from `first` on."""

    name: str
    first: int
    last: int
    names: tuple[str, ...] = ()


_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
_DAYS: Final = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_KINDS: Final = (
    _Kind("second", 0, 59),
    _Kind("minute", 0, 59),
    _Kind("hour", 0, 23),
    _Kind("day", 1, 31),
    _Kind("month", 1, 12, _MONTHS),
    _Kind("day of the week", 0, 6, _DAYS),
)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Times in UTC that repeat. `plain` has all values of each field, the seconds first."""

    plain: str

    @property
    def is_more_often_than_once_a_minute(self) -> bool:
        return not self.plain.split()[0].isdecimal()

    def following(self, moment: datetime) -> datetime | None:
        """Return the first due time after a moment; None if there is none in fifty years."""
        return next(self._after(moment), None)

    def latest(self, moment: datetime) -> datetime | None:
        """Return the last due time that is not after a moment; None if there is none."""
        from croniter import CroniterBadDateError  # noqa: PLC0415  # timers and jobs only

        try:
            due: datetime = self._ticks(moment.replace(microsecond=0) + SECOND).get_prev(datetime)
        except CroniterBadDateError:
            return None
        return due

    def count(self, after: datetime, until: datetime) -> int:
        """Return how many due times are after one moment and before the other.

        At most two thousand: who was away for so long need not know it more exactly.
        """
        before = takewhile(lambda due: due < until, self._after(after))
        return sum(1 for _ in islice(before, MAX_COUNTED))

    def _after(self, moment: datetime) -> Iterator[datetime]:
        from croniter import CroniterBadDateError  # noqa: PLC0415

        ticks = self._ticks(moment)
        while True:
            try:
                yield ticks.get_next(datetime)
            except CroniterBadDateError:
                return

    def _ticks(self, start: datetime) -> "croniter":
        from croniter import croniter  # noqa: PLC0415

        # Day of month and day of week must both match, unlike in other cron dialects.
        return croniter(self.plain, start.astimezone(UTC), second_at_beginning=True, day_or=False)


@lru_cache(maxsize=1024)
def read_schedule(text: str) -> Schedule:
    """Return the schedule of an NCRONTAB expression of six fields, or of five. Raises NotNcrontab.

    It may be one that never fires, such as that of a 31 February.
    """
    fields = [field for field in text.split(" ") if field]
    if len(fields) == WITH_SECONDS - 1:
        fields = ["0", *fields]
    if len(fields) != WITH_SECONDS:
        raise NotNcrontab(f"{text!r} does not have six fields, the seconds first, or five.")
    return Schedule(" ".join(map(_plain, fields, _KINDS)))


def check_schedule(text: str, pointer: str, now: datetime) -> Schedule:
    """Return the schedule of a job. Raises Invalid, with the code `schedule-invalid`."""
    try:
        schedule = read_schedule(text)
    except NotNcrontab as exc:
        raise Invalid.at(pointer, "schedule-invalid", str(exc)) from None
    if schedule.is_more_often_than_once_a_minute:
        detail = "A job cannot be due more often than once a minute."
        raise Invalid.at(pointer, "schedule-invalid", detail)
    if schedule.following(now) is None:
        raise Invalid.at(pointer, "schedule-invalid", f"{text!r} is never due.")
    return schedule


def _plain(field: str, kind: _Kind) -> str:
    values = {value for part in field.split(",") for value in _part(part, kind)}
    is_every = len(values) == kind.last - kind.first + 1
    return "*" if is_every else ",".join(map(str, sorted(values)))


def _part(part: str, kind: _Kind) -> range:
    """Return the values of `*`, of a value, or of a range, each with or without a step."""
    text, slash, step = part.partition("/")
    if slash and not _STEP.fullmatch(step):
        raise NotNcrontab(f"{part!r} is no {kind.name}: a step is a number.")
    interval = max(1, int(step)) if slash else 1
    if text == "*":
        return range(kind.first, kind.last + 1, interval)
    first, dash, last = text.partition("-")
    start = _value(first, kind)
    end = _value(last, kind) if dash else kind.last if slash else start
    return range(min(start, end), max(start, end) + 1, interval)


def _value(text: str, kind: _Kind) -> int:
    if _NUMBER.fullmatch(text):
        value = int(text)
    else:
        named = [name.startswith(text.lower()) for name in kind.names if text]
        value = named.index(True) + kind.first if True in named else -1
    if not kind.first <= value <= kind.last:
        raise NotNcrontab(f"{text!r} is no {kind.name}.")
    return value
