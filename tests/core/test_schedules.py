"""Schedules are read as the Functions host reads them, and asked for what was due."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.errors import Invalid
from shared.core.schedules import MAX_COUNTED, NotNcrontab, check_schedule, read_schedule

NOW = datetime(2031, 5, 4, 12, 0, 30, 5, tzinfo=UTC)  # a Sunday
MINUTES = read_schedule("0 * * * * *")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "following"),
    [
        ("0 */5 * * * *", "2031-05-04T12:05:00"),
        ("*/5 * * * *", "2031-05-04T12:05:00"),
        ("0 5/15 * * * *", "2031-05-04T12:05:00"),
        ("0 10/0 * * * *", "2031-05-04T12:10:00"),
        ("0 0 0 13 * 5", "2031-06-13T00:00:00"),
        ("30 0 0 * * 0", "2031-05-11T00:00:30"),
        ("0 0 0 * * Monday", "2031-05-05T00:00:00"),
        ("0 0 0 * * sa", "2031-05-10T00:00:00"),
        ("0 0 0 1 ju *", "2031-06-01T00:00:00"),
        ("0 0 22-2 * * *", "2031-05-04T13:00:00"),
        ("0 0 0 * * 6-0", "2031-05-05T00:00:00"),
        ("0 0 0 29 2 *", "2032-02-29T00:00:00"),
        ("0  0 0 * * *", "2031-05-05T00:00:00"),
    ],
)
def test_a_schedule_is_read_as_the_host_reads_it(expression: str, following: str) -> None:
    assert read_schedule(expression).following(NOW) == at(following)


@pytest.mark.parametrize(
    "expression",
    [
        "", "* * *", "@daily", "0 0 0 1W * *", "0 0 0 L * *", "0 0 0 0 * *", "0 0 0 * * 7",
        "0 0 99 * * *", "0 0 0 * * 1#2", "0 0 0 ? * *", "0 0 0 ,1 * *", "0 0 0 1-2-3 * *",
        "0 0 0 1- * *", "0 0 0 -1 * *", "0 */x * * * *", "0 /5 * * * *", "0 0 0 * * Mondays",
        "0 0 0 * 13 *", "0\t0 0 0 * * *", "0 0 0 \u0661 * *", "0 " + "9" * 5000 + " * * * *",
        "0 */" + "9" * 5000 + " * * * *", "00:05:00",
    ],
)  # fmt: skip
def test_what_the_host_refuses_is_refused(expression: str) -> None:
    with pytest.raises(NotNcrontab):
        read_schedule(expression)
    with pytest.raises(Invalid) as refused:
        check_schedule(expression, "/schedule", NOW)

    assert [(flaw.pointer, flaw.code) for flaw in refused.value.flaws] == [
        ("/schedule", "schedule-invalid")
    ]


@pytest.mark.parametrize("expression", ["0 0 0 31 2 *", "0 0 0 31 4,6,9,11 *", "0 0 0 30 2 1-5"])
def test_a_job_is_due_at_some_time(expression: str) -> None:
    assert read_schedule(expression).following(NOW) is None
    assert read_schedule(expression).latest(NOW) is None
    with pytest.raises(Invalid, match="never due"):
        check_schedule(expression, "/schedule", NOW)


@pytest.mark.parametrize("expression", ["* * * * * *", "0,30 0 0 * * *", "*/59 * * * * *"])
def test_a_job_is_due_once_a_minute_at_most(expression: str) -> None:
    with pytest.raises(Invalid, match="more often than once a minute"):
        check_schedule(expression, "/schedule", NOW)


def test_a_job_may_be_due_each_minute_or_on_each_leap_day() -> None:
    assert check_schedule("59 * * * * *", "/schedule", NOW).following(NOW) == at(
        "2031-05-04T12:00:59"
    )
    assert check_schedule("0 0 0 29 2 1", "/schedule", NOW).following(NOW) == at("2044-02-29")


def test_what_is_due_now_is_not_after_now() -> None:
    assert MINUTES.latest(at("2031-05-04T12:00:00")) == at("2031-05-04T12:00:00")
    assert MINUTES.latest(at("2031-05-04T11:59:59.999999")) == at("2031-05-04T11:59:00")
    assert MINUTES.following(at("2031-05-04T12:00:00")) == at("2031-05-04T12:01:00")


def test_due_times_are_counted_between_two_moments_up_to_a_limit() -> None:
    due = at("2031-05-04T12:00:00")

    assert MINUTES.count(due - timedelta(hours=6), due) == 359
    assert MINUTES.count(due - timedelta(minutes=1), due) == 0
    assert MINUTES.count(due, due) == 0
    assert MINUTES.count(due - timedelta(days=60), due) == MAX_COUNTED


FIELDS = st.sampled_from(["*", "0", "5/15", "1-7", "7-1/3", "10,20,0"])


@given(st.tuples(FIELDS, FIELDS), st.datetimes(datetime(2026, 1, 1), datetime(2099, 1, 1)))  # noqa: DTZ001
def test_nothing_is_due_between_the_latest_and_the_following(
    fields: tuple[str, str], moment: datetime
) -> None:
    now = moment.replace(tzinfo=UTC)
    schedule = read_schedule(f"0 {fields[0]} {fields[1]} * * *")

    latest, following = schedule.latest(now), schedule.following(now)

    assert latest
    assert following
    assert latest <= now < following
    assert schedule.following(latest) == following
    assert schedule.latest(following - timedelta(microseconds=1)) == latest
    assert schedule.count(latest, following) == 0
