"""Timer triggers: NCRONTAB, six fields with the seconds first, or the time between two ticks."""

import asyncio
import json
import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from azure.functions.meta import Datum

from local.host.functions import CannotStart, Function, decode
from shared.core.schedules import NotNcrontab, read_schedule
from shared.ports.documents import Documents, Put

log = logging.getLogger(__name__)

_TIME_SPAN = re.compile(r"(?:(\d+)\.)?([01]?\d|2[0-3]):([0-5]?\d)(?::([0-5]?\d))?")

CONTAINER = "leases"
NEVER = datetime(1, 1, 1, tzinfo=UTC)
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
SHORTEST_MONITORED = timedelta(minutes=1)
Clock = Callable[[datetime], datetime | None]


def schedule(expression: str) -> Clock:
    """Return a function that returns the next due time after a moment, or None if there is none.

    Raises CannotStart.
    """
    if span := _TIME_SPAN.fullmatch(expression):
        days, hours, minutes, seconds = (int(part or 0) for part in span.groups())
        interval = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        if interval:
            return lambda moment: moment + interval
    try:
        return read_schedule(expression).following
    except NotNcrontab as exc:
        raise CannotStart(str(exc)) from exc


async def tick(function: Function, documents: Documents, *, makes_up: bool = True) -> None:
    """Invoke on schedule, without end and never twice at once; failures are logged.

    What was due while no host ran is made up for by one call at the start, with `past_due`, as on
    the real host: not for a timer without a monitor, nor for one that is due more often than once
    a minute, and not unless the host `makes_up`.
    """
    following = schedule(str(function.trigger["schedule"]))
    status = Status(function, documents)
    last = await status.last()
    if makes_up and last and _is_monitored(function, following):
        missed = following(last)
        if missed and missed <= datetime.now(UTC):
            await _invoke(function, last, missed, past_due=True)
            last = datetime.now(UTC)  # one call stands for all
    await status.note(last or datetime.now(UTC))
    while due := following(datetime.now(UTC)):
        await asyncio.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds()))
        await _invoke(function, last, due, past_due=False)
        last = due
        await status.note(due)
    await asyncio.Event().wait()  # it never fires


class Status:
    """When a timer was due last, as this folder knows it."""

    def __init__(self, function: Function, documents: Documents) -> None:
        self._name = f"timer {function.name}"
        self._documents = documents

    async def last(self) -> datetime | None:
        document = await self._documents.read(CONTAINER, (self._name,), self._name)
        return datetime.fromisoformat(document.body["last"]) if document else None

    async def note(self, last: datetime) -> None:
        body = {"id": self._name, "last": last.isoformat()}
        await self._documents.commit(CONTAINER, (self._name,), [Put(body)])


def _is_monitored(function: Function, following: Clock) -> bool:
    first = following(EPOCH)
    second = first and following(first)
    often = bool(first and second and second - first < SHORTEST_MONITORED)
    return function.trigger.get("useMonitor") is not False and not often


async def _invoke(
    function: Function, last: datetime | None, due: datetime, *, past_due: bool
) -> None:
    try:
        await function.invoke_patiently(
            decode("timerTrigger", payload(last, due, past_due=past_due))
        )
    except Exception:
        log.exception("Executed 'Functions.%s' (Failed)", function.name)


def payload(last: datetime | None, due: datetime | None, *, past_due: bool = False) -> Datum:
    status = {
        "Last": (last or NEVER).isoformat(),
        "Next": due and due.isoformat(),
        "LastUpdated": (last or NEVER).isoformat(),
    }
    info = {"IsPastDue": past_due, "ScheduleStatus": status, "Schedule": {"AdjustForDST": True}}
    return Datum(json.dumps(info), "json")
