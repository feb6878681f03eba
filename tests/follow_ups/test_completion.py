"""Follow-ups that are completed, and who may do which."""

import asyncio
from typing import Any

from local.tokens import Bearer
from shared.follow_ups.generation import generate_follow_ups
from tests.api import (
    ADMINISTRATOR,
    APPLICATION,
    CASHIER,
    COMPANY,
    MANAGER,
    Api,
)
from tests.follow_ups.scenes import (
    BOSS,
    PATH,
    TRICIA,
    a_client,
    birthdays,
    complete,
    context,
    edit,
    listed,
    plan,
)


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
