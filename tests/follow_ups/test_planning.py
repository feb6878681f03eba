"""Follow-ups that a person plans: added, listed, edited."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.api import (
    MANAGER,
    Api,
)
from tests.follow_ups.scenes import (
    BOSS,
    PATH,
    TRICIA,
    a_client,
    complete,
    days_from_now,
    edit,
    listed,
    plan,
    subjects,
    to_boss,
)


async def test_a_follow_up_is_planned_for_a_client(api: Api) -> None:
    made = await a_client(api)
    body = {"customerId": made["accountNumber"], "subject": "Call her", "dueOn": days_from_now(3)}
    response = await api.post(PATH, body, bearer=TRICIA)
    found = await api.get(response.headers["location"], bearer=TRICIA)
    [item] = await listed(api)

    assert found.json() == response.json()
    assert found.headers["etag"] == response.headers["etag"]
    assert item["etag"] == found.headers["etag"].strip('"')
    assert found.json() == {
        "id": item["id"], "customerId": made["id"], "customerName": "Karen Berg",
        "personnelNumber": "000137", "subject": "Call her", "dueOn": days_from_now(3),
        "status": "Open", "state": "upcoming", "outcome": None, "outcomeDetail": None,
        "activityType": None, "rule": None, "createdAt": item["createdAt"],
        "createdBy": "employee:000137", "completedAt": None, "completedBy": None, "doneBy": None,
    }  # fmt: skip


async def test_it_is_planned_for_a_client_of_the_book_only(api: Api) -> None:
    stranger, theirs = await api.create(), await a_client(api, MANAGER)
    body = {"subject": "Call her", "dueOn": "2031-05-04"}
    answers = [
        await api.post(PATH, body | {"customerId": key}, bearer=TRICIA)
        for key in (stranger["id"], theirs["id"], "nobody")
    ]

    assert [(one.status_code, one.json()["code"]) for one in answers] == [
        (404, "client-not-in-book"), (404, "client-not-in-book"), (404, "customer-not-found"),
    ]  # fmt: skip
    assert await listed(api) == []


async def test_the_same_request_plans_one(api: Api) -> None:
    made = await a_client(api)
    body = {"customerId": made["id"], "subject": "Call her", "dueOn": "2031-05-04"}
    key = {"idempotency_key": "one"}
    answers = [await api.post(PATH, body, bearer=TRICIA, **key) for _ in range(2)]

    assert answers[0].json() == answers[1].json()
    assert len(await listed(api)) == 1


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"dueOn": "2031-02-29"}, "/dueOn"),
        ({"dueOn": "tomorrow"}, "/dueOn"),
        ({"dueOn": 1700000000}, "/dueOn"),
        ({"dueOn": "0001-01-01"}, "/dueOn"),
        ({"dueOn": None}, "/dueOn"),
        ({"subject": ""}, "/subject"),
        ({"subject": "x" * 251}, "/subject"),
        ({"subject": None}, "/subject"),
        ({"status": "Done"}, "/status"),
        ({"status": "Moved"}, "/status"),
        ({"customerName": "Eve"}, "/customerName"),
    ],
)
async def test_what_is_no_follow_up_is_refused(
    api: Api, change: dict[str, Any], pointer: str
) -> None:
    made = await a_client(api)
    one = await plan(api, made)
    edited = await edit(api, one, **change)
    new = {"customerId": made["id"], "subject": "Call her", "dueOn": "2031-05-04"} | change
    planned = await api.post(PATH, new, bearer=TRICIA)

    for response in (edited, planned):
        assert response.status_code == 422, response.text
        assert response.json()["errors"][0]["pointer"] == pointer
    assert await subjects(api) == ["Call her"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [-9, -1, 0, 1, 6, 7]),
        ("due=all", [-9, -1, 0, 1, 6, 7]),
        ("due=overdue", [-9, -1]),
        ("due=today", [0]),
        ("due=week", [0, 1, 6]),
        ("status=done", [3]),
        ("status=canceled", [2]),
        ("status=all", [-9, -1, 0, 1, 2, 3, 6, 7]),
        ("status=all&due=week", [0, 1, 2, 3, 6]),
    ],
)
async def test_they_are_listed_by_the_day_they_are_due(
    api: Api, query: str, found: list[int]
) -> None:
    made = await a_client(api)
    for days in (7, 0, -1, 3, 6, 2, 1, -9):
        one = await plan(api, made, subject=str(days), dueOn=days_from_now(days))
        if days == 3:
            await complete(api, one)
        if days == 2:
            await edit(api, one, status="Canceled")
    paged = await api.every(f"{PATH}?limit=2&{query}", bearer=TRICIA)
    states = {-9: "overdue", -1: "overdue", 0: "due", 2: "canceled", 3: "done"}

    assert [int(one["subject"]) for one in paged] == found
    assert [one["state"] for one in paged] == [states.get(days, "upcoming") for days in found]


@pytest.mark.parametrize("query", ["due=soon", "status=moved", "state=due", "limit=0"])
async def test_what_cannot_be_listed_is_refused(api: Api, query: str) -> None:
    assert (await api.get(f"{PATH}?{query}", bearer=TRICIA)).status_code == 400


async def test_today_is_that_of_the_store(api: Api) -> None:
    zones = {"Pacific/Kiritimati": 14, "Pacific/Pago_Pago": -11}
    made = await a_client(api)
    now = datetime.now(UTC)
    states = {}
    for zone, hours in zones.items():
        day = (now + timedelta(hours=hours)).date()
        await plan(api, made, subject=zone, dueOn=day.isoformat())
    store = (await api.get("settings/stores/HOUSTON")).json()
    for zone in zones:
        await api.put_setting("stores", "HOUSTON", store | {"timeZone": zone}, if_match="*")
        items = (await api.get(PATH, bearer=TRICIA)).json()["items"]
        states[zone] = {one["subject"]: one["state"] for one in items}

    assert states["Pacific/Kiritimati"] == {
        "Pacific/Kiritimati": "due", "Pacific/Pago_Pago": "overdue",
    }  # fmt: skip
    assert states["Pacific/Pago_Pago"] == {
        "Pacific/Kiritimati": "upcoming", "Pacific/Pago_Pago": "due",
    }  # fmt: skip


async def test_it_is_changed_at_the_version_that_was_read(api: Api) -> None:
    one = await plan(api, await a_client(api))
    first = await edit(api, one, subject="Write her", dueOn=days_from_now(-1), if_match=one["etag"])
    stale = await edit(api, one, subject="Forget her", if_match=one["etag"])
    careless = await api.call("PATCH", f"{PATH}/{one['id']}", {}, bearer=TRICIA)
    path = f"{PATH}/{one['id']}"
    known = await api.get(path, bearer=TRICIA, if_none_match=first.headers["etag"])
    version = first.headers["etag"].replace("overdue", "upcoming")
    another_day = await api.get(path, bearer=TRICIA, if_none_match=version)
    right = await edit(api, one, status="Canceled", if_match=version)

    assert (first.status_code, first.json()["state"]) == (200, "overdue")
    assert (stale.status_code, careless.status_code) == (412, 428)
    assert (known.status_code, another_day.status_code) == (304, 200)
    assert (right.json()["status"], right.json()["subject"]) == ("Canceled", "Write her")


async def test_it_is_canceled_and_taken_up_again(api: Api) -> None:
    one = await plan(api, await a_client(api))
    canceled = await edit(api, one, status="Canceled")
    refused = await complete(api, one)
    opened = await edit(api, one, status="Open")
    done = await complete(api, one)
    late = await edit(api, one, status="Open")

    assert (canceled.json()["state"], opened.json()["state"]) == ("canceled", "upcoming")
    assert (refused.status_code, refused.json()["code"]) == (409, "follow-up-canceled")
    assert done.status_code == 200
    assert (late.status_code, late.json()["code"]) == (409, "follow-up-completed")


async def test_it_is_not_taken_up_for_who_has_left(api: Api) -> None:
    made = await a_client(api)
    one = await plan(api, made)
    await edit(api, one, status="Canceled")
    await to_boss(made["id"])
    response = await edit(api, one, status="Open")

    assert (response.status_code, response.json()["code"]) == (404, "client-not-in-book")
    assert await listed(api, "status=open", BOSS) == []
