"""Sessions: in which order they are applied, what fails, and what takes the place of what."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.api import ADMINISTRATOR, Api
from tests.distribution.scenes import build, sessions, tell


async def titled(api: Api, number: int) -> None:
    """Change a setting of job 1110."""
    name = f"Title {number}"
    answer = await api.put_setting("titles", name, {"name": name})
    assert answer.status_code == 201, answer.text


async def deltas(api: Api, count: int) -> None:
    """Let job 1110 have a full and so many deltas."""
    await build("1110")
    for number in range(count):
        await titled(api, number)
        await build("1110")


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_packages_are_applied_in_their_order(api: Api) -> None:
    await deltas(api, 2)
    early = await tell(api, "1110-000002", "Applied")
    for number in (1, 2):
        assert (await tell(api, f"1110-{number:06d}", "Applied")).status_code == 200
    again = await tell(api, "1110-000002", "Applied")
    back = await tell(api, "1110-000002", "Requested")

    assert problem(early) == (409, "session-out-of-order")
    assert early.json()["expected"] == "1110-000001"
    assert (again.status_code, again.json()["status"]) == (200, "Applied")
    assert problem(back) == (409, "session-transition")
    assert (back.json()["status"], back.json()["allowed"]) == ("Applied", [])
    assert [one["status"] for one in (await sessions(api)).values()] == [
        "Applied", "Applied", "Available",
    ]  # fmt: skip
    assert list(await sessions(api, "status=Applied")) == ["1110-000001", "1110-000002"]


async def test_a_job_waits_for_those_before_it(api: Api) -> None:
    await build("1110")
    await build("1070")
    early = await tell(api, "1070-000001", "Applied")
    await tell(api, "1110-000001", "Applied")
    late = await tell(api, "1070-000001", "Applied")

    assert problem(early) == (409, "session-out-of-order")
    assert early.json()["expected"] == "1110-000001"
    assert late.status_code == 200
    assert late.json()["after"] == [{"job": "1110", "number": 1}]


async def test_what_fails_suspends_what_follows_until_it_is_tried_again(api: Api) -> None:
    await deltas(api, 1)
    failed = await tell(api, "1110-000001", "ApplyFailed", code="disk-full", message="No room")
    waiting = (await sessions(api))["1110-000002"]
    refused = await tell(api, "1110-000002", "Requested")
    retried = await tell(api, "1110-000001", "Requested")
    free = (await sessions(api))["1110-000002"]

    assert (failed.json()["tries"], failed.json()["code"]) == (1, "disk-full")
    assert failed.json()["retryAt"]
    assert (waiting["status"], waiting["behind"]) == ("Suspended", "1110-000001")
    assert problem(refused) == (409, "session-suspended")
    assert refused.json()["behind"] == "1110-000001"
    assert retried.json()["status"] == "Requested"
    assert free["status"] == "Available"


async def fail(api: Api, session: str, times: int) -> httpx.Response:
    for number in range(times):
        if number:
            await tell(api, session, "Requested")
        answer = await tell(api, session, "ApplyFailed", code="broken")
    return answer


async def test_the_third_failure_asks_for_a_full_that_others_need_not_take(api: Api) -> None:
    group = {"name": "South", "channels": ["HOUSTON", "ONLINE"]}
    await api.put_setting("channel-database-groups", "South", group)
    await build("1110")
    for channel in ("HOUSTON", "ONLINE"):
        await tell(api, "1110-000001", "Applied", channel=channel)
    await titled(api, 1)
    await build("1110")
    third = await fail(api, "1110-000002", 3)
    nothing = await sessions(api, "status=Available")
    full = await build("1110")  # of the next run, whoever started it
    offered = await sessions(api, "status=Available")
    other = await sessions(api, "status=Available", channel="ONLINE")
    canceled = (await sessions(api))["1110-000002"]
    await tell(api, "1110-000003", "Applied")

    assert (third.json()["status"], third.json()["tries"]) == ("Canceled", 3)
    assert nothing == {}
    assert (full.number, full.reset) == (3, False)
    assert {name: one["form"] for name, one in offered.items()} == {"1110-000003": "full"}
    assert {name: one["form"] for name, one in other.items()} == {
        "1110-000002": "delta", "1110-000003": "delta",
    }  # fmt: skip
    assert (canceled["status"], canceled["replacedBy"]) == ("Canceled", "1110-000003")
    assert await sessions(api, "status=Available") == {}


async def test_a_channel_gets_one_such_full_a_day(api: Api) -> None:
    await deltas(api, 1)
    await fail(api, "1110-000001", 3)
    await build("1110")
    limited = await fail(api, "1110-000003", 3)
    after = await sessions(api, "status=ApplyFailed")
    retried = await tell(api, "1110-000003", "Requested")

    assert (limited.json()["status"], limited.json()["code"]) == ("ApplyFailed", "full-limit")
    assert list(after) == ["1110-000003"]
    assert retried.json()["status"] == "Requested"


async def test_a_delta_that_is_canceled_would_be_a_gap(api: Api) -> None:
    await deltas(api, 1)
    await tell(api, "1110-000001", "Applied")
    canceled = await tell(api, "1110-000002", "Canceled")
    await build("1110")

    assert canceled.json()["status"] == "Canceled"
    offered = await sessions(api, "status=Available")
    assert {name: one["form"] for name, one in offered.items()} == {"1110-000003": "full"}


async def test_who_is_far_behind_takes_the_newest_full(api: Api) -> None:
    await build("1110")
    await tell(api, "1110-000001", "Applied")
    for number in range(25):
        await titled(api, number)
        await build("1110", is_full=number == 20)
    offered = await sessions(api, "status=Available")
    canceled = await sessions(api, "status=Canceled")

    assert list(offered) == [f"1110-{number:06d}" for number in range(22, 27)]
    assert offered["1110-000022"]["form"] == "full"
    assert {one["replacedBy"] for one in canceled.values()} == {"1110-000022"}
    assert len(canceled) == 20


async def test_a_paused_channel_waits(api: Api) -> None:
    await build("1110")
    path = "channels/HOUSTON/registration"
    paused = await api.call("PUT", path, {"paused": True}, bearer=ADMINISTRATOR)
    waiting = await sessions(api)
    refused = await tell(api, "1110-000001", "Applied")
    await api.call("PUT", path, {"paused": False}, bearer=ADMINISTRATOR)
    applied = await tell(api, "1110-000001", "Applied")

    assert paused.json() == {"subject": None, "paused": True}
    assert waiting["1110-000001"]["status"] == "Suspended"
    assert problem(refused) == (409, "session-suspended")
    assert applied.status_code == 200


async def test_two_registers_of_a_channel_move_it_once(api: Api) -> None:
    await build("1110")
    answers = await asyncio.gather(*(tell(api, "1110-000001", "Applied") for _ in range(5)))
    [channel] = [
        one for one in (await api.get("channels?limit=100")).json()["items"]
        if one["channel"] == "HOUSTON"
    ]  # fmt: skip
    [job] = [one for one in channel["jobs"] if one["job"] == "1110"]

    assert {answer.status_code for answer in answers} == {200}
    assert (job["number"], job["newest"], job["behind"], job["status"]) == (1, 1, 0, "Applied")
    assert (channel["lag"], bool(channel["lastSeenAt"])) == (0.0, True)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, (428, "if-match-required")),
        ({"if_match": '"old"'}, (412, "stale")),
    ],
)
async def test_a_version_is_named(
    api: Api, headers: dict[str, Any], expected: tuple[int, str]
) -> None:
    await build("1110")
    path = "channels/HOUSTON/download-sessions/1110-000001"
    answer = await api.call("PATCH", path, {"status": "Applied"}, **headers)
    missing = await api.get("channels/HOUSTON/download-sessions/1110-000009")
    strange = await api.get("channels/HOUSTON/download-sessions/x")

    assert problem(answer) == expected
    assert problem(missing) == problem(strange) == (404, "download-session-not-found")


async def test_a_list_goes_on_where_its_page_ended(api: Api) -> None:
    await deltas(api, 3)
    for number in (1, 2):
        await tell(api, f"1110-{number:06d}", "Applied")
    paged = await api.every("channels/HOUSTON/download-sessions?job=1110&limit=1")
    found = [one["id"] for one in paged]

    assert found == list(await sessions(api))
    assert found == [f"1110-{number:06d}" for number in range(1, 5)]


async def test_a_channel_that_comes_into_another_group_begins_again(api: Api) -> None:
    await deltas(api, 1)
    for number in (1, 2):
        await tell(api, f"1110-{number:06d}", "Applied")
    group = {"name": "South", "channels": ["HOUSTON"]}
    await api.put_setting("channel-database-groups", "South", group)
    await build("1110")
    offered = await sessions(api, "status=Available")
    applied = await tell(api, "1110-000001", "Applied")

    assert {name: one["form"] for name, one in offered.items()} == {"1110-000001": "full"}
    assert applied.status_code == 200
    assert await sessions(api, "status=Available") == {}
