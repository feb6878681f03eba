"""Follow-ups: planned, listed, completed, made by rules, and gone with the client."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from function_app import app
from local.folder import Folder
from local.host.app import Host
from local.host.functions import Function, decode
from local.host.timers import payload
from local.store.choice import OpenStore
from local.tokens import Bearer
from shared.clienteling.clients import move_client
from shared.clienteling.memberships import change_membership
from shared.composition import wiring
from shared.context import Context
from shared.follow_ups.documents import find_follow_up
from shared.follow_ups.generation import generate_follow_ups
from shared.follow_ups.moves import follow_client
from shared.platform.metering import Tally, tally
from shared.ports.documents import Document, Documents, Partition
from tests.api import (
    ADMINISTRATOR,
    APPLICATION,
    CASHIER,
    COMPANY,
    MANAGER,
    Api,
    started,
)

TRICIA = Bearer("Employee", (COMPANY,), personnel_number="000137", store_number="HOUSTON")
BOSS = "000160"
BOOK = "client-books/000137"
PATH = f"{BOOK}/follow-ups"
NOON = datetime(2031, 5, 4, 17, tzinfo=UTC)  # in Houston it is noon


@pytest.fixture
async def host(folder: Folder, open_store: OpenStore) -> Host:
    """A host whose clock of follow-ups stands still, and whose feed does if a test says so."""
    host = Host(app, folder, open_store)
    host.functions = [one for one in host.functions if one.name != "make_follow_ups"]
    return host


@pytest.fixture
async def api(host: Host) -> AsyncIterator[Api]:
    async with AsyncExitStack() as stack:
        api = await started(host, stack)
        await api.call(
            "DELETE", "settings/follow-up-rules/Birthday", bearer=ADMINISTRATOR, if_match="*"
        )
        yield api


@pytest.fixture
async def still(host: Host) -> AsyncIterator[Api]:
    """An API whose feeds of follow-ups and cards rest too."""
    feeds = {"move_follow_ups", "keep_cards"}
    host.functions = [one for one in host.functions if one.name not in feeds]
    async with AsyncExitStack() as stack:
        yield await started(host, stack)


def context(now: datetime = NOON) -> Context:
    return wiring.backend().context(COMPANY, "system:follow-ups", now)


def days_from_now(days: int) -> str:
    return (datetime.now(ZoneInfo("America/Chicago")).date() + timedelta(days=days)).isoformat()


async def a_client(api: Api, bearer: Bearer = TRICIA, **but: Any) -> dict[str, Any]:
    made = await api.create(**but)
    path = f"client-books/{bearer.personnel_number}/clients"
    response = await api.post(path, {"customerIds": [made["id"]]}, bearer=bearer)
    assert response.status_code == 201, response.text
    return made


async def plan(api: Api, customer: dict[str, Any], **but: Any) -> dict[str, Any]:
    body = {"customerId": customer["id"], "subject": "Call her", "dueOn": days_from_now(1)} | but
    response = await api.post(PATH, body, bearer=TRICIA)
    assert response.status_code == 201, response.text
    return Api.read(response) | {"etag": response.headers["etag"]}


async def listed(
    api: Api, query: str = "status=all", number: str = "000137"
) -> list[dict[str, Any]]:
    path = f"client-books/{number}/follow-ups?{query}"
    response = await api.get(path, bearer=ADMINISTRATOR)
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items


async def subjects(api: Api, query: str = "status=all", number: str = "000137") -> list[str]:
    return [one["subject"] for one in await listed(api, query, number)]


async def edit(api: Api, one: dict[str, Any], bearer: Bearer = TRICIA, **how: Any) -> Any:
    if_match = how.pop("if_match", "*")
    return await api.call("PATCH", f"{PATH}/{one['id']}", how, bearer=bearer, if_match=if_match)


async def complete(api: Api, one: dict[str, Any], **how: Any) -> httpx.Response:
    body = {"outcome": "Reached"} | how
    return await api.post(f"{PATH}/{one['id']}/completion", body, bearer=TRICIA)


async def a_rule(api: Api, name: str = "Rule", **body: Any) -> httpx.Response:
    body = {"name": name, "days": 14, "subject": f"{name} of {{name}}"} | body
    response = await api.put_setting("follow-up-rules", name, body)
    assert response.status_code == 201, response.text
    return response


async def birthdays(api: Api, days: int = 14) -> None:
    await a_rule(api, kind="BeforeDate", attribute="birthday", days=days)


async def act(api: Api, key: str, at: datetime, kind: str = "StoreVisit") -> None:
    body = {"activityType": kind, "summary": "Tried on boots", "occurredAt": at.isoformat()}
    response = await api.post(f"customers/{key}/activities", body, bearer=TRICIA)
    assert response.status_code == 201, response.text


async def active_since(api: Api, key: str, at: datetime) -> None:
    """Wait until the card tells of the activity."""
    async with asyncio.timeout(20):
        while True:
            card = (await api.get(f"{BOOK}/clients/{key}", bearer=TRICIA)).json()
            if card["lastActivityAt"] and datetime.fromisoformat(card["lastActivityAt"]) == at:
                return
            await asyncio.sleep(0.05)


async def gone(api: Api, number: str = "000137") -> None:
    async with asyncio.timeout(20):
        while await listed(api, "status=open", number):
            await asyncio.sleep(0.05)


async def to_boss(key: str) -> None:
    await move_client("000137", key, BOSS, context=context(datetime.now(UTC)))


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
    paged: list[dict[str, Any]] = []
    cursor = ""
    while True:
        path = f"{PATH}?limit=2&{query}{cursor}"
        page = (await api.get(path, bearer=TRICIA)).json()
        paged += page["items"]
        if page["nextCursor"] is None:
            break
        cursor = f"&cursor={page['nextCursor']}"
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


async def test_it_is_completed_once(api: Api) -> None:
    made = await a_client(api)
    one = await plan(api, made)
    how = {"outcome": "Sold", "details": "Two pairs", "activityType": "Phone"}
    first = await complete(api, one, **how)
    again = await complete(api, one, **how)
    shorter = await complete(api, one, outcome="Sold", activityType="Email")
    other = await complete(api, one, outcome="NotReached")
    activities = (await api.get(f"customers/{made['id']}/activities", bearer=TRICIA)).json()

    assert first.json() == again.json() == shorter.json()
    assert first.headers["etag"] == again.headers["etag"]
    assert (first.status_code, first.json()["state"]) == (200, "done")
    assert (first.json()["outcome"], first.json()["outcomeDetail"]) == ("Sold", "Two pairs")
    assert (first.json()["doneBy"], first.json()["completedBy"]) == ("000137", "employee:000137")
    assert (other.status_code, other.json()["code"]) == (409, "follow-up-completed")
    assert other.json()["outcome"] == "Sold"
    [activity] = activities["items"]
    assert (activity["activityType"], activity["summary"]) == ("Phone", "Call her")
    assert (activity["details"], activity["associate"]) == ("Two pairs", "000137")
    assert activity["occurredAt"] == first.json()["completedAt"]


async def test_completed_by_several_at_once_it_is_noted_once(api: Api) -> None:
    made = await a_client(api)
    one = await plan(api, made)
    answers = await asyncio.gather(
        *(complete(api, one, outcome=outcome, activityType="Phone")
          for outcome in ("Sold", "Sold", "Sold", "NotReached"))
    )  # fmt: skip
    activities = (await api.get(f"customers/{made['id']}/activities", bearer=TRICIA)).json()
    won = (await api.get(f"{PATH}/{one['id']}", bearer=TRICIA)).json()["outcome"]

    assert len(activities["items"]) == 1
    for response, outcome in zip(answers, ("Sold", "Sold", "Sold", "NotReached"), strict=True):
        assert response.status_code == (200 if outcome == won else 409), response.text


async def test_what_was_completed_and_not_noted_is_noted_the_next_time(api: Api) -> None:
    made = await a_client(api)
    one = await plan(api, made)
    with api.broken():
        died = await complete(api, one, activityType="Phone")
    half = (await api.get(f"{PATH}/{one['id']}", bearer=TRICIA)).json()
    again = await complete(api, one)
    activities = (await api.get(f"customers/{made['id']}/activities", bearer=TRICIA)).json()

    assert (died.status_code, half["status"], again.status_code) == (500, "Done", 200)
    assert len(activities["items"]) == 1


async def test_what_was_noted_is_completed_again_though_it_could_not_be_noted_now(
    api: Api,
) -> None:
    one = await plan(api, await a_client(api))
    first = await complete(api, one, activityType="Phone")
    phone = {"name": "Phone", "label": "Phone", "active": False}
    await api.put_setting("activity-types", "Phone", phone, if_match="*")
    again = await complete(api, one, activityType="Phone")

    assert (again.status_code, again.json()) == (200, first.json())


async def test_what_cannot_be_noted_completes_nothing(api: Api) -> None:
    one = await plan(api, await a_client(api))
    old = {"name": "Fax", "label": "Fax", "active": False}
    await api.put_setting("activity-types", "Fax", old)
    answers = [
        await complete(api, one, activityType="Duel"),
        await complete(api, one, activityType="Fax"),
        await complete(api, one, outcome="Lost"),
        await complete(api, one, details="x" * 4001),
    ]

    assert [one.status_code for one in answers] == [422] * 4
    assert answers[0].json()["errors"][0]["code"] == "unknown-activity-type"
    assert answers[1].json()["errors"][0]["code"] == "activity-type-inactive"
    assert len(await listed(api, "status=open")) == 1


async def test_one_that_is_not_there_is_not_found(api: Api) -> None:
    one = {"id": "ghost"}
    for response in (
        await api.get(f"{PATH}/ghost", bearer=TRICIA),
        await edit(api, one, subject="x"),
        await complete(api, one),
    ):
        assert (response.status_code, response.json()["code"]) == (404, "follow-up-not-found")


async def test_colleagues_look_and_only_she_and_head_office_write(api: Api) -> None:
    made = await a_client(api)
    one = await plan(api, made)
    new = {"customerId": made["id"], "subject": "Call her", "dueOn": "2031-05-04"}
    where = f"{PATH}/{one['id']}"
    asked: list[tuple[str, str, Any]] = [
        ("POST", PATH, new),
        ("PATCH", where, {"subject": "Write her"}),
        ("POST", f"{where}/completion", {"outcome": "Other"}),
    ]

    async def ask(bearer: Bearer) -> list[tuple[int, Any]]:
        answers = [
            await api.call(method, path, body, bearer=bearer,
                           **({"if_match": "*"} if method == "PATCH" else {}))
            for method, path, body in asked
        ]  # fmt: skip
        return [(one.status_code, one.json().get("code")) for one in answers]

    assert (await api.get(PATH, bearer=MANAGER)).status_code == 200
    assert (await api.get(where, bearer=MANAGER)).status_code == 200
    assert await ask(MANAGER) == [(403, "not-your-client-book")] * 3
    assert await ask(APPLICATION) == [(403, "role-not-allowed")] * 3
    assert await ask(ADMINISTRATOR) == [(201, None), (200, None), (200, None)]
    done = (await api.get(where, bearer=TRICIA)).json()
    assert (done["doneBy"], done["completedBy"]) == (None, "administrator:ada")
    stranger = Bearer("Employee", (COMPANY,), personnel_number=BOSS, store_number="NOWHERE")
    for path in (PATH, where):
        response = await api.get(path, bearer=stranger)
        assert (response.status_code, response.json()["code"]) == (403, "not-your-client-book")
        response = await api.get(path, bearer=CASHIER)
        assert (response.status_code, response.json()["code"]) == (403, "pos-operation-713")


async def test_reading_and_writing_take_their_permissions(api: Api) -> None:
    one = await plan(api, await a_client(api))
    group = {"name": "Associate", "operations": [714]}
    await api.put_setting("permission-groups", "Associate", group, if_match="*")
    unread = [await api.get(path, bearer=TRICIA) for path in (PATH, f"{PATH}/{one['id']}")]
    written = await edit(api, one, subject="Write her")
    group = {"name": "Associate", "operations": [712]}
    await api.put_setting("permission-groups", "Associate", group, if_match="*")
    read = await api.get(PATH, bearer=TRICIA)
    unwritten = [await edit(api, one, subject="x"), await complete(api, one)]

    assert [one.json()["code"] for one in unread] == ["pos-operation-712"] * 2
    assert (written.status_code, read.status_code) == (200, 200)
    assert [one.json()["code"] for one in unwritten] == ["pos-operation-714"] * 2


async def test_without_the_feature_there_are_none(api: Api) -> None:
    one = await plan(api, await a_client(api, attributes={"birthday": "1990-05-10"}))
    await birthdays(api)
    await api.switch("clienteling", False)
    answers = [
        await api.get(PATH, bearer=TRICIA),
        await edit(api, one, subject="x"),
        await complete(api, one),
    ]
    made = await generate_follow_ups(context=context())
    await api.switch("clienteling", True)

    assert [one.json()["code"] for one in answers] == ["feature-off"] * 3
    assert made == 0
    assert await generate_follow_ups(context=context()) == 1


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


async def test_nothing_for_a_while_makes_one(api: Api) -> None:
    quiet, busy = await a_client(api, firstName="Ann"), await a_client(api, firstName="Bob")
    long_ago = datetime(2026, 1, 1, 12, tzinfo=UTC)
    await act(api, busy["id"], long_ago)
    await active_since(api, busy["id"], long_ago)
    await a_rule(api, kind="NoActivity", days=30)
    now = datetime.now(UTC)
    await generate_follow_ups(context=context(now))
    first = await subjects(api)
    later = now + timedelta(days=31)
    for _ in range(2):
        await generate_follow_ups(context=context(later))
    both = await listed(api)
    await act(api, busy["id"], now)
    recent = (await api.get(f"customers/{busy['id']}/activities", bearer=TRICIA)).json()
    at = datetime.fromisoformat(recent["items"][0]["occurredAt"])
    await active_since(api, busy["id"], at)
    await generate_follow_ups(context=context(at + timedelta(days=29)))
    unchanged = await subjects(api)
    await generate_follow_ups(context=context(at + timedelta(days=31)))

    assert first == ["Rule of Bob Berg"], "Ann was added just now"
    assert sorted(one["subject"] for one in both) == ["Rule of Ann Berg", "Rule of Bob Berg"]
    assert {one["customerId"]: one["dueOn"] for one in both}[quiet["id"]] == (
        later.astimezone(ZoneInfo("America/Chicago")).date().isoformat()
    )
    assert sorted(unchanged) == ["Rule of Ann Berg", "Rule of Bob Berg"]
    assert (await subjects(api)).count("Rule of Bob Berg") == 2, "she was active, and is not now"


async def test_an_activity_makes_one_after_its_days_unless_another_came(api: Api) -> None:
    visitor, caller = await a_client(api, firstName="Ann"), await a_client(api, firstName="Bob")
    visited, called = datetime(2026, 3, 1, 12, tzinfo=UTC), datetime(2026, 3, 2, 12, tzinfo=UTC)
    for made in (visitor, caller):
        await act(api, made["id"], visited)
    await act(api, caller["id"], called, "Phone")
    await act(api, visitor["id"], datetime.now(UTC) + timedelta(days=90), "Appointment")
    await active_since(api, visitor["id"], visited)
    await active_since(api, caller["id"], called)
    await a_rule(api, kind="AfterActivity", activityType="StoreVisit", days=3)
    await generate_follow_ups(context=context(visited + timedelta(days=2)))
    early = await listed(api)
    for days in (4, 5):
        await generate_follow_ups(context=context(visited + timedelta(days=days)))

    assert early == []
    assert await subjects(api) == ["Rule of Ann Berg"]
    assert (await listed(api))[0]["dueOn"] == "2026-03-05"


async def test_what_was_planned_counts_once_its_time_has_come(api: Api) -> None:
    made = await a_client(api)
    visited, ahead = datetime(2026, 3, 1, 12, tzinfo=UTC), datetime.now(UTC) + timedelta(days=90)
    await act(api, made["id"], visited)
    await active_since(api, made["id"], visited)
    await act(api, made["id"], ahead)
    await a_rule(api, kind="AfterActivity", activityType="StoreVisit", days=3)
    early = await generate_follow_ups(context=context(ahead + timedelta(days=1)))
    late = await generate_follow_ups(context=context(ahead + timedelta(days=4)))

    assert (early, late) == (0, 1)


async def test_a_card_that_is_behind_its_client_makes_none(still: Api) -> None:
    made = await a_client(still, attributes={"birthday": "1990-05-10"})
    now = context(datetime.now(UTC))
    await change_membership(made["id"], lambda it: it.removed("000137"), context=now)
    card = await still.get(f"{BOOK}/clients/{made['id']}", bearer=TRICIA)

    assert card.status_code == 200
    assert await generate_follow_ups(context=context()) == 0
    assert await listed(still) == []


async def test_what_is_there_is_not_written_again(still: Api) -> None:
    for day in (10, 11):
        await a_client(still, attributes={"birthday": f"1990-05-{day}"})
    writes = []
    for _ in range(2):
        tally.set(count := Tally())
        await generate_follow_ups(context=context())
        writes.append(count.commits)
    own = 2  # where it is, and that it came to the end

    assert writes == [own + 2, own]


async def test_a_round_goes_on_where_one_was_cut_short(api: Api) -> None:
    for bearer in (TRICIA, MANAGER, CASHIER):
        group = {"name": "Cashier", "operations": [600, 602, 603, 712, 714]}
        await api.put_setting("permission-groups", "Cashier", group, if_match="*")
        await a_client(api, bearer, attributes={"birthday": "1990-05-10"})
    await birthdays(api)

    async def books() -> list[str]:
        return [number for number in ("000110", "000137", BOSS) if await listed(api, "", number)]

    first = await generate_follow_ups(context=context(), max_books=1), await books()
    second = await generate_follow_ups(context=context(), max_books=2), await books()
    third = await generate_follow_ups(context=context(), max_books=1), await books()

    assert first == (1, ["000110"])
    assert second == (2, ["000110", "000137", BOSS])
    assert third == (0, ["000110", "000137", BOSS])
    assert await generate_follow_ups(context=context()) == 0


async def test_the_clock_makes_them(api: Api) -> None:
    [timer] = [one for one in Host(app, api.host.folder).functions if one.name == "make_follow_ups"]
    birthday = (datetime.now(UTC) + timedelta(days=3)).date().replace(year=1996)
    await a_client(api, attributes={"birthday": birthday.isoformat()})
    await birthdays(api)
    await ticked(timer)

    assert timer.trigger["schedule"] == "0 7 * * * *"
    assert await subjects(api) == ["Rule of Karen Berg"]


async def ticked(timer: Function) -> None:
    await timer.invoke(decode("timerTrigger", payload(None, None)))


async def test_the_demo_reminds_of_birthdays(still: Api) -> None:
    await a_client(still, attributes={"birthday": "1990-05-18"})
    await generate_follow_ups(context=context())

    assert await subjects(still) == ["Birthday of Karen Berg"]


async def test_open_ones_go_with_the_client(api: Api) -> None:
    made, other = await a_client(api), await a_client(api)
    one = await plan(api, made, dueOn=days_from_now(3))  # in any zone
    done, canceled = await plan(api, made, subject="Done"), await plan(api, made, subject="No")
    await complete(api, done)
    await edit(api, canceled, status="Canceled")
    await plan(api, other, subject="Stays")
    await to_boss(made["id"])
    async with asyncio.timeout(20):
        while await subjects(api, "status=open") != ["Stays"]:
            await asyncio.sleep(0.05)
    [moved] = await listed(api, number=BOSS)
    behind = await find_follow_up("000137", one["id"], context())

    assert (moved["id"], moved["personnelNumber"]) == (one["id"], BOSS)
    assert {**moved, "etag": 0} == {**one, "personnelNumber": BOSS, "etag": 0}
    assert behind is not None
    assert behind.value.status == "Moved"
    assert sorted(await subjects(api)) == ["Done", "No", "Stays"]
    for response in (
        await api.get(f"{PATH}/{one['id']}", bearer=TRICIA),
        await edit(api, one, subject="x"),
        await complete(api, one),
    ):
        assert (response.status_code, response.json()["code"]) == (404, "follow-up-not-found")


async def test_what_moved_does_not_stay_for_ever(still: Api) -> None:
    made = await a_client(still)
    one = await plan(still, made)
    await to_boss(made["id"])
    await follow_client(made["id"], context=context())
    place: Partition = (COMPANY, "000137")
    document = await still.documents.read("books", place, f"follow-up:{one['id']}")

    assert document is not None
    assert document.body["ttl"] > 366 * 86400


async def test_what_a_rule_made_is_made_once_whoever_has_the_client(still: Api) -> None:
    made = await a_client(still, attributes={"birthday": "1990-05-10"})
    for number in (BOSS, "000110"):
        await still.get(f"client-books/{number}", bearer=ADMINISTRATOR)
    await generate_follow_ups(context=context())
    [one] = await listed(still)
    await to_boss(made["id"])
    while_it_moves = await generate_follow_ups(context=context())
    await follow_client(made["id"], context=context())
    moved = await generate_follow_ups(context=context())
    path = f"client-books/{BOSS}/follow-ups/{one['id']}/completion"
    await still.post(path, {"outcome": "Reached"}, bearer=MANAGER)
    await move_client(BOSS, made["id"], "000110", context=context(datetime.now(UTC)))
    done = await generate_follow_ups(context=context())

    assert (while_it_moves, moved, done) == (0, 0, 0)
    assert [one["status"] for one in await listed(still, number=BOSS)] == ["Done"]
    assert await listed(still) == await listed(still, number="000110") == []


async def test_they_come_back_with_the_client(still: Api) -> None:
    made = await a_client(still)
    one = await plan(still, made)
    await to_boss(made["id"])
    for _ in range(2):
        await follow_client(made["id"], context=context())
    await move_client(BOSS, made["id"], "000137", context=context(datetime.now(UTC)))
    for _ in range(2):
        await follow_client(made["id"], context=context())

    assert [one["id"] for one in await listed(still, "status=open")] == [one["id"]]
    assert await listed(still, number=BOSS) == []


async def test_who_comes_late_with_an_old_membership_loses_nothing(still: Api) -> None:
    """Between any two steps of one who moves them, the client goes back and another moves them."""
    made = await a_client(still)
    one = await plan(still, made)
    for stop in range(1, 8):
        await to_boss(made["id"])
        back = Back(still.documents, made["id"], stop)
        late = wiring.Backend(back, wiring.backend().tokens, b"").context(
            COMPANY, "system:late", NOON
        )
        await follow_client(made["id"], context=late)

        open_ones = await listed(still, "status=open")
        assert [it["id"] for it in open_ones] == [one["id"]], stop
        assert await listed(still, number=BOSS) == [], stop


async def test_who_reads_an_old_membership_moves_nothing(still: Api) -> None:
    """Another instance may for a moment see what was."""
    made = await a_client(still)
    one = await plan(still, made)
    await to_boss(made["id"])
    old = await still.documents.read("customers", (COMPANY, made["id"]), "membership")
    await move_client(BOSS, made["id"], "000137", context=context(datetime.now(UTC)))
    await edit(still, one, status="Canceled")
    await edit(still, one, status="Open")
    behind: Any = Behind(still.documents, old, 2)
    late = wiring.Backend(behind, wiring.backend().tokens, b"").context(
        COMPANY, "system:late", NOON
    )
    await follow_client(made["id"], context=late)

    assert [it["id"] for it in await listed(still, "status=open")] == [one["id"]]
    assert await listed(still, number=BOSS) == []


class Behind:
    """A store that answers the first reads of a membership with an old one."""

    def __init__(self, documents: Documents, old: Document | None, times: int) -> None:
        self._documents, self._old, self._times = documents, old, times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._documents, name)

    async def read(self, container: str, partition: Partition, name: str) -> Document | None:
        if name == "membership" and self._times:
            self._times -= 1
            return self._old
        return await self._documents.read(container, partition, name)


class Back:
    """A store in front of which, after so many calls, the client goes back to who had her."""

    def __init__(self, documents: Documents, key: str, stop: int) -> None:
        self._documents, self._key, self._left = documents, key, stop

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._documents, name)

        async def counted(*args: Any, **kwargs: Any) -> Any:
            self._left -= 1
            if self._left == 0:
                await self._go_back()
            return await method(*args, **kwargs)

        return counted

    async def _go_back(self) -> None:
        now = context(datetime.now(UTC))
        await move_client(BOSS, self._key, "000137", context=now)
        await follow_client(self._key, context=now)


async def test_whom_nobody_has_any_more_needs_nothing(api: Api) -> None:
    removed, inactive = await a_client(api), await a_client(api)
    for made in (removed, inactive):
        await plan(api, made)
    await api.call("DELETE", f"{BOOK}/clients/{removed['id']}", bearer=TRICIA, if_match="*")
    await api.call("DELETE", f"customers/{inactive['id']}", bearer=ADMINISTRATOR, if_match="*")
    await gone(api)

    assert [one["status"] for one in await listed(api)] == ["Canceled", "Canceled"]


async def test_they_go_to_the_first_of_several_who_have_her(api: Api) -> None:
    await api.set_parameters(allowSeveralAssociates=True)
    made = await a_client(api)
    one = await plan(api, made)
    body = {"customerIds": [made["id"]]}
    await api.post(f"client-books/{BOSS}/clients", body, bearer=MANAGER)
    await api.post("client-books/000110/clients", body, bearer=ADMINISTRATOR)
    await api.call("DELETE", f"{BOOK}/clients/{made['id']}", bearer=TRICIA, if_match="*")
    await gone(api)

    assert [it["id"] for it in await listed(api, number=BOSS)] == [one["id"]]
    assert await listed(api, number="000110") == []


async def test_what_is_planned_while_the_client_leaves_goes_with_her(still: Api) -> None:
    """She is handed over between the look at whose she is and the follow-up."""
    made = await a_client(still)
    leaving = Leaving(still.documents, made["id"])
    healthy = wiring.backend()
    wiring.install(still.host.folder.backend(leaving))
    try:
        await plan(still, made)
    finally:
        wiring.install(healthy)

    assert await listed(still) == []
    assert await subjects(still, number=BOSS) == ["Call her"]


class Leaving:
    """A store in front of which the client is handed over when it comes to her follow-up."""

    def __init__(self, documents: Documents, key: str) -> None:
        self._documents, self._key, self._there = documents, key, True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._documents, name)

    async def commit(self, container: str, partition: Partition, operations: Any) -> Any:
        if self._there and operations[0].body.get("type") == "follow-up":
            self._there = False
            await to_boss(self._key)
            await follow_client(self._key, context=context())
        return await self._documents.commit(container, partition, operations)
