"""Dates that are near, whatever their year: birthdays and anniversaries."""

from calendar import isleap
from datetime import date, timedelta

LEAP_DAY, DAY_BEFORE = "02-29", "02-28"
MOST_DAYS = 366


def days_within(today: date, days: int) -> tuple[str, ...]:
    """Return the days of the year, as MM-DD, from today and for so many days more.

    Who is born on 29 February has her day on the 28th where there is no 29th.
    """
    found: list[str] = []
    for number in range(min(days, MOST_DAYS) + 1):
        day = today + timedelta(days=number)
        found.append(f"{day:%m-%d}")
        if found[-1] == DAY_BEFORE and not isleap(day.year):
            found.append(LEAP_DAY)
    return tuple(dict.fromkeys(found))


def anniversary(day: str, year: int) -> date:
    """Return when the day of the year, as MM-DD, is kept in that year."""
    if day == LEAP_DAY and not isleap(year):
        day = DAY_BEFORE
    return date.fromisoformat(f"{year}-{day}")


def next_anniversary(day: str, today: date) -> date:
    """Return the next time that it is kept, which may be today."""
    this_year = anniversary(day, today.year)
    return this_year if this_year >= today else anniversary(day, today.year + 1)
