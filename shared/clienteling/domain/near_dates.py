"""Dates that are near, whatever their year: birthdays and anniversaries."""

from calendar import isleap
from datetime import date, timedelta

LEAP_DAY, DAY_BEFORE = "02-29", "02-28"
MAX_DAYS = 366


def days_within(today: date, days: int) -> tuple[str, ...]:
    """Return the days of the year, as MM-DD, from today and for so many days more.

    An anniversary of 29 February is on the 28th in years without a 29th.
    """
    days_of_year: list[str] = []
    for number in range(min(days, MAX_DAYS) + 1):
        day = today + timedelta(days=number)
        days_of_year.append(f"{day:%m-%d}")
        if days_of_year[-1] == DAY_BEFORE and not isleap(day.year):
            days_of_year.append(LEAP_DAY)
    return tuple(dict.fromkeys(days_of_year))


def anniversary(day: str, year: int) -> date:
    """Return the date of the day of the year, as MM-DD, in that year."""
    if day == LEAP_DAY and not isleap(year):
        day = DAY_BEFORE
    return date.fromisoformat(f"{year}-{day}")


def next_anniversary(day: str, today: date) -> date:
    """Return the next date of that day of the year, which may be today."""
    this_year = anniversary(day, today.year)
    return this_year if this_year >= today else anniversary(day, today.year + 1)
