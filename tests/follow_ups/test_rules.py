"""Rules for follow-ups, and the birthdays that they remind of."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.follow_ups.generation import generate_follow_ups
from tests.api import (
    ADMINISTRATOR,
    MANAGER,
    Api,
)
from tests.follow_ups.scenes import (
    BOOK,
    BOSS,
    TRICIA,
    a_client,
    a_rule,
    birthdays,
    complete,
    context,
    edit,
    listed,
)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"attribute": "ghost"}, "unknown-attribute"),
        ({"attribute": "interests"}, "not-a-date"),
        ({"attribute": "occupation"}, "not-a-date"),
        ({"attribute": None}, "value-error"),
        ({"activityType": "Phone"}, "value-error"),
        ({"kind": "AfterActivity"}, "value-error"),
        ({"kind": "AfterActivity", "attribute": None, "activityType": "Duel"},
         "unknown-activity-type"),
        ({"kind": "NoActivity"}, "value-error"),
        ({"kind": "Sometimes"}, "literal-error"),
        ({"days": -1}, "greater-than-equal"),
        ({"days": 367}, "less-than-equal"),
        ({"subject": ""}, "string-too-short"),
    ],
)  # fmt: skip
async def test_a_rule_that_cannot_be_kept_is_refused(
    api: Api, change: dict[str, Any], code: str
) -> None:
    rule = {
        "name": "Rule", "kind": "BeforeDate", "attribute": "birthday", "days": 14,
        "subject": "Birthday of {name}",
    }  # fmt: skip
    response = await api.put_setting("follow-up-rules", "Rule", rule | change)

    assert response.status_code == 422, response.text
    assert response.json()["errors"][0]["code"] == code


async def test_what_a_rule_names_is_in_use(api: Api) -> None:
    await birthdays(api)
    await a_rule(api, "Visit", kind="AfterActivity", activityType="StoreVisit")
    for path, user in (
        ("attributes/birthday", "follow-up-rules/Rule"),
        ("activity-types/StoreVisit", "follow-up-rules/Visit"),
    ):
        response = await api.call("DELETE", f"settings/{path}", bearer=ADMINISTRATOR, if_match="*")
        assert (response.status_code, response.json()["code"]) == (409, "still-in-use")
        assert user in response.json()["usedBy"]


@pytest.mark.parametrize(
    ("now", "born", "due"),
    [
        ("2031-05-04", "1990-05-04", "2031-05-04"),
        ("2031-05-04", "1990-05-18", "2031-05-18"),
        ("2031-05-04", "1990-05-19", None),
        ("2031-05-04", "1990-05-03", None),
        ("2031-12-25", "1990-01-03", "2032-01-03"),
        ("2031-12-31", "1990-12-31", "2031-12-31"),
        ("2031-02-20", "1996-02-29", "2031-02-28"),
        ("2032-02-20", "1996-02-29", "2032-02-29"),
        ("2031-02-14", "1996-02-29", "2031-02-28"),
        ("2031-02-13", "1996-02-29", None),
        ("2031-03-01", "1996-02-29", None),
        ("2031-05-04", "2031-05-10", "2031-05-10"),
        ("2031-05-04", "2032-05-10", None),
    ],
)
async def test_a_birthday_makes_one_when_it_is_near(
    api: Api, now: str, born: str, due: str | None
) -> None:
    made = await a_client(api, attributes={"birthday": born})
    await birthdays(api)
    noon = datetime.fromisoformat(f"{now}T18:00:00+00:00")
    for hour in range(3):
        await generate_follow_ups(context=context(noon + timedelta(hours=hour)))
    found = await listed(api)

    assert [one["dueOn"] for one in found] == ([due] if due else [])
    for one in found:
        assert (one["subject"], one["rule"]) == ("Rule of Karen Berg", "Rule")
        assert (one["customerId"], one["createdBy"]) == (made["id"], "system:follow-ups")


async def test_a_birthday_over_new_year_makes_one_and_the_next_year_another(api: Api) -> None:
    await a_client(api, attributes={"birthday": "1990-01-03"})
    await birthdays(api, 366)
    for now in ("2031-12-30", "2032-01-02", "2032-01-03", "2032-01-04", "2032-06-01"):
        await generate_follow_ups(context=context(datetime.fromisoformat(f"{now}T18:00:00+00:00")))

    assert [one["dueOn"] for one in await listed(api)] == ["2032-01-03", "2033-01-03"]


async def test_a_rule_goes_by_what_the_associate_knows_too(api: Api) -> None:
    made = await a_client(api)
    known = {"attributes": {"birthday": "1990-05-10"}}
    path = f"{BOOK}/clients/{made['id']}"
    await api.call("PATCH", path, known, bearer=TRICIA, if_match="*")
    await birthdays(api)
    await generate_follow_ups(context=context())

    assert [one["dueOn"] for one in await listed(api)] == ["2031-05-10"]


async def test_today_is_that_of_the_associates_first_store(api: Api) -> None:
    await a_client(api, attributes={"birthday": "1990-05-04"})
    await birthdays(api, 0)
    await generate_follow_ups(context=context(datetime(2031, 5, 4, 4, tzinfo=UTC)))
    before = await listed(api)
    await generate_follow_ups(context=context(datetime(2031, 5, 5, 4, tzinfo=UTC)))

    assert before == [], "in Houston it is the evening before"
    assert [one["dueOn"] for one in await listed(api)] == ["2031-05-04"]


async def test_who_works_in_no_store_has_the_day_of_utc(api: Api) -> None:
    """In San Francisco her address book is one of customers."""
    await a_client(api, attributes={"birthday": "1990-05-05"})
    await birthdays(api, 0)
    worker = {"personnelNumber": "000137", "name": "T", "employeeAddressBooks": ["USRSW"]}
    await api.put_setting("workers", "000137", worker, if_match="*")
    await generate_follow_ups(context=context(datetime(2031, 5, 5, 1, tzinfo=UTC)))

    assert [one["dueOn"] for one in await listed(api)] == ["2031-05-05"]


async def test_two_at_once_make_one_and_what_is_settled_is_not_made_again(api: Api) -> None:
    for day in (10, 11):
        await a_client(api, attributes={"birthday": f"1990-05-{day}"})
    await birthdays(api)
    made = await asyncio.gather(*(generate_follow_ups(context=context()) for _ in range(4)))
    first, second = await listed(api)
    await complete(api, first)
    await edit(api, second, status="Canceled")
    again = await generate_follow_ups(context=context())

    assert (sum(made), again) == (2, 0)
    assert [one["status"] for one in await listed(api)] == ["Done", "Canceled"]


async def test_books_of_who_has_left_and_rules_at_rest_make_none(api: Api) -> None:
    await a_client(api, attributes={"birthday": "1990-05-10"})
    await a_client(api, MANAGER, attributes={"birthday": "1990-05-10"})
    rule = {"name": "Rule", "kind": "BeforeDate", "attribute": "birthday", "days": 14,
            "subject": "x"}  # fmt: skip
    await api.put_setting("follow-up-rules", "Rule", rule | {"active": False})
    resting = await generate_follow_ups(context=context())
    await api.put_setting("follow-up-rules", "Rule", rule, if_match="*")
    worker = (await api.get("settings/workers/000137")).json()
    await api.put_setting("workers", "000137", worker | {"active": False}, if_match="*")
    await generate_follow_ups(context=context())

    assert resting == 0
    assert (await listed(api), len(await listed(api, number=BOSS))) == ([], 1)
