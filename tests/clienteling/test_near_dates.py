"""Days that are near, against a walk through the calendar day by day."""

from calendar import isleap
from datetime import date, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.clienteling.domain.near_dates import MAX_DAYS, days_within, next_anniversary

LEAP_YEAR = 2024
EVERY_DAY = [f"{date(LEAP_YEAR, 1, 1) + timedelta(days=number):%m-%d}" for number in range(366)]

# Some years with leap years among them, and a century that is none.
todays = st.dates(date(2019, 1, 1), date(2033, 12, 31)) | st.dates(
    date(2095, 1, 1), date(2104, 12, 31)
)
thorough = settings(derandomize=True, database=None, deadline=None, max_examples=300)


def is_kept(day: str, on: date) -> bool:
    """Tell whether who was born on that day of the year has her day on this date."""
    born = date.fromisoformat(f"{LEAP_YEAR}-{day}")
    if (born.month, born.day) == (2, 29) and not isleap(on.year):
        return (on.month, on.day) == (2, 28)
    return (born.month, born.day) == (on.month, on.day)


def walk(today: date, days: int) -> list[date]:
    return [today + timedelta(days=number) for number in range(days + 1)]


def test_every_day_of_a_year_is_looked_at() -> None:
    assert len(set(EVERY_DAY)) == 366
    assert {"02-29", "12-31", "01-01"} <= set(EVERY_DAY)


@given(today=todays, days=st.integers(0, MAX_DAYS))
@example(today=date(2027, 2, 27), days=1)
@example(today=date(2028, 2, 28), days=0)
@example(today=date(2028, 2, 28), days=1)
@example(today=date(2027, 12, 30), days=60)
@example(today=date(2100, 2, 1), days=27)
@example(today=date(2027, 3, 1), days=364)
@settings(thorough, max_examples=80)
def test_days_within_are_those_that_are_kept_until_then(today: date, days: int) -> None:
    found = days_within(today, days)
    walked = walk(today, days)

    assert len(set(found)) == len(found)
    assert set(found) == {day for day in EVERY_DAY if any(is_kept(day, on) for on in walked)}


@given(today=todays)
@thorough
def test_a_window_of_more_than_a_year_holds_every_day_once(today: date) -> None:
    assert sorted(days_within(today, MAX_DAYS)) == EVERY_DAY
    assert days_within(today, 10 * MAX_DAYS) == days_within(today, MAX_DAYS)


@given(today=todays, day=st.sampled_from(["02-29", "02-28", "03-01", "12-31", *EVERY_DAY]))
@example(today=date(2027, 2, 28), day="02-29")
@example(today=date(2027, 3, 1), day="02-29")
@example(today=date(2100, 2, 28), day="02-29")
@example(today=date(2027, 12, 31), day="01-01")
@thorough
def test_the_next_anniversary_is_the_first_day_that_it_is_kept_on(today: date, day: str) -> None:
    walked = walk(today, MAX_DAYS)

    assert next_anniversary(day, today) == next(on for on in walked if is_kept(day, on))
