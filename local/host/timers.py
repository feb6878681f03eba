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

log = logging.getLogger(__name__)

_TIME_SPAN = re.compile(r"(?:(\d+)\.)?([01]?\d|2[0-3]):([0-5]?\d)(?::([0-5]?\d))?")

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


async def tick(function: Function) -> None:
    """Invoke on schedule, without end and never twice at once; failures are logged."""
    following = schedule(str(function.trigger["schedule"]))
    last: datetime | None = None
    while due := following(datetime.now(UTC)):
        await asyncio.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds()))
        try:
            await function.invoke(decode("timerTrigger", payload(last, due)))
        except Exception:
            log.exception("Executed 'Functions.%s' (Failed)", function.name)
        last = due
    await asyncio.Event().wait()  # it never fires


def payload(last: datetime | None, due: datetime | None) -> Datum:
    status = {
        "Last": last and last.isoformat(),
        "Next": due and due.isoformat(),
        "LastUpdated": last and last.isoformat(),
    }
    info = {"IsPastDue": False, "ScheduleStatus": status, "Schedule": {"AdjustForDST": True}}
    return Datum(json.dumps(info), "json")
