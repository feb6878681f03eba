"""Timer triggers: NCRONTAB, six fields with the seconds first."""

import asyncio
import json
import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime

from azure.functions.meta import Datum
from croniter import croniter

from local.host.functions import CannotStart, Function, decode

log = logging.getLogger(__name__)

_FIELD = re.compile(r"[0-9A-Za-z*,/-]+")
_NOT_NCRONTAB = re.compile(r"\b[LWRH]\b")
_SUNDAY_AS_SEVEN = re.compile(r"(?<![\d/])7\b")

Clock = Callable[[datetime], datetime]


def schedule(expression: str) -> Clock:
    """Return a function that returns the next due time after a moment. Raises CannotStart."""
    fields = expression.split()
    readable = len(fields) in {5, 6} and all(_FIELD.fullmatch(field) for field in fields)
    if not readable or _NOT_NCRONTAB.search(expression) or _SUNDAY_AS_SEVEN.search(fields[-1]):
        raise CannotStart(f"{expression!r} is not NCRONTAB")
    try:
        # Day of month and day of week must both match, unlike in other cron dialects.
        ticks = croniter(expression, datetime.now(UTC), second_at_beginning=True, day_or=False)
    except (ValueError, KeyError) as exc:
        raise CannotStart(f"{expression!r} is not NCRONTAB: {exc}") from exc

    def following(moment: datetime) -> datetime:
        due: datetime = ticks.get_next(datetime, start_time=moment)
        return due

    return following


async def tick(function: Function) -> None:
    """Invoke on schedule, without end and never twice at once; failures are logged."""
    following = schedule(str(function.trigger["schedule"]))
    last: datetime | None = None
    while True:
        due = following(datetime.now(UTC))
        await asyncio.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds()))
        try:
            await function.invoke(decode("timerTrigger", payload(last, due)))
        except Exception:
            log.exception("Executed 'Functions.%s' (Failed)", function.name)
        last = due


def payload(last: datetime | None, due: datetime | None) -> Datum:
    status = {
        "Last": last and last.isoformat(),
        "Next": due and due.isoformat(),
        "LastUpdated": last and last.isoformat(),
    }
    info = {"IsPastDue": False, "ScheduleStatus": status, "Schedule": {"AdjustForDST": True}}
    return Datum(json.dumps(info), "json")
