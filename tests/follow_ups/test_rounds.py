"""Rounds of the rules: after activities, again after a crash, by the timer."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from function_app import app
from local.host.app import Host
from local.host.functions import Function, decode
from local.host.timers import payload
from shared.clienteling.memberships import change_membership
from shared.follow_ups.generation import generate_follow_ups
from shared.platform.metering import Tally, tally
from tests.api import (
    CASHIER,
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
    context,
    listed,
    subjects,
)


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
