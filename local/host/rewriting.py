"""Dates in the documents of a change feed, rewritten as the real host rewrites them.

Its JSON reader takes every text that looks like a time for one, free text included, and writes it
in a form of its own. So an app that copies what a feed hands over is found out here, too.
"""

import json
import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final

# A value, not a name, whose text may be a time. In JSON a quote within a text has a backslash.
CANDIDATE: Final = re.compile(r'(?<!\\)"(\d{4}-\d\d-[^"\\]+|/Date\([^"\\]+)"(?!\s*:)')
TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,7})\d*)?)?(Z|[+-]\d\d:?\d\d)?"
)
SCRIPT_DATE = re.compile(r"/Date\((-?\d+)\)/")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def rewritten(value: Any) -> str:
    """Return the JSON of the value with its times as the host writes them.

    The text is searched, not the value: every feed of a busy host does this to every document.
    """
    return CANDIDATE.sub(lambda found: f'"{_rewritten_text(found[1])}"', json.dumps(value))


def _rewritten_text(text: str) -> str:
    if script := SCRIPT_DATE.fullmatch(text):
        return f"{EPOCH + timedelta(milliseconds=int(script[1])):%Y-%m-%dT%H:%M:%S}Z"
    time = TIME.fullmatch(text)
    if time:
        with suppress(ValueError, OverflowError):  # no time, though it looks like one
            return _rewritten_time(time)
    return text


def _rewritten_time(time: re.Match[str]) -> str:
    day, hours, minutes, seconds, fraction, zone = time.groups()
    of_day = timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds or 0))
    moment = datetime.fromisoformat(day) + of_day
    if zone not in {None, "Z"}:
        # The host runs in UTC, and tells what it read with an offset in its own time.
        moment, zone = moment - _offset(zone), "+00:00"
    digits = (fraction or "").rstrip("0")
    return f"{moment:%Y-%m-%dT%H:%M:%S}{'.' if digits else ''}{digits}{zone or ''}"


def _offset(zone: str) -> timedelta:
    sign = -1 if zone[0] == "-" else 1
    return sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
