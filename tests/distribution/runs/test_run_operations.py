"""Runs over HTTP: started now, listed, read while they go on, and canceled."""

import asyncio
from typing import Any

import httpx
import pytest

from shared.distribution.domain.runs import GroupStatus
from shared.distribution.runs.clock import start_due_runs
from shared.distribution.runs.jobs import list_jobs
from shared.distribution.runs.results import begin_group, end_group, note_lacking
from tests.api import ADMINISTRATOR, APPLICATION, MANAGER, Api
from tests.distribution.runs.scenes import (
    MINUTE,
    NOW,
    context,
    received,
    results,
    runs_of,
    send,
)

RUNS = "distribution-jobs/1010/runs"
NOBODY = "0c5d6f1e-7f1b-4c55-9a60-5a9f3c1d2e3f"
CHANNELS = ["HOUSTON", "ONLINE", "SANFRAN"]


def good(response: httpx.Response) -> Any:
    assert response.is_success, response.text
    return response.json()


async def started(api: Api, **body: Any) -> Any:
    return good(await api.post(RUNS, body))


async def cancel(api: Api, run_id: str) -> httpx.Response:
    return await api.post(f"{RUNS}/{run_id}/cancellation", bearer=ADMINISTRATOR)


async def ended(*statuses: GroupStatus) -> None:
    """Let the groups of what is in the queue end so."""
    for command, result in results(await received(), *statuses):
        await end_group(command, result, context())


async def test_a_run_is_started_and_found_at_its_location(api: Api) -> None:
    response = await api.post(RUNS)

    assert response.status_code == 202
    run = response.json()
    assert response.headers["location"].endswith(f"/{RUNS}/{run['id']}")
    assert (run["status"], run["trigger"], run["due"]) == ("Queued", "RunNow", None)
    assert (run["full"], run["missed"], run["groups"]) == (False, 0, [])
    assert run["requestedBy"] == "application:web"
    read = await api.get(response.headers["location"])
    assert read.json() == run
    again = await api.get(f"{RUNS}/{run['id']}", if_none_match=read.headers["etag"])
    assert again.status_code == 304
    assert good(await api.get("distribution-jobs/1010"))["lastRun"]["id"] == run["id"]


async def test_the_same_request_again_is_the_same_run(api: Api) -> None:
    answers = [await api.post(RUNS, {"full": True}, idempotency_key="once") for _ in range(2)]

    assert answers[0].json() == answers[1].json()
    assert len(await runs_of("1010")) == 1


async def test_a_run_says_how_far_each_group_has_come(api: Api) -> None:
    run_id = (await started(api))["id"]
    await send((await runs_of("1010"))[0])
    first, second, third = await received()
    await begin_group(first, context())
    await end_group(*results([second], "NoData")[0], context())

    run = good(await api.get(f"{RUNS}/{run_id}"))

    assert (run["status"], run["startedAt"], run["endedAt"]) == (
        "Running", "2031-05-04T12:00:30Z", None,
    )  # fmt: skip
    statuses = [(group["channelDatabaseGroup"], group["status"]) for group in run["groups"]]
    assert statuses == list(zip(CHANNELS, ("Building", "NoData", "Queued"), strict=True))
    assert run["groupsWithoutData"] == 0

    result = results([first], "Packaged")[0][1].model_copy(
        update={"number": 42, "form": "delta", "rows": 7, "bytes": 900, "seconds": 0.5}
    )
    await end_group(first, result, context())
    await end_group(*results([third], "Failed")[0], context())
    run = good(await api.get(f"{RUNS}/{run_id}"))

    assert (run["status"], run["endedAt"]) == ("PartlyFailed", "2031-05-04T12:00:30Z")
    assert run["groups"][0] == {
        "channelDatabaseGroup": "HOUSTON", "status": "Packaged", "number": 42, "form": "delta",
        "rows": 7, "bytes": 900, "seconds": 0.5, "message": None,
    }  # fmt: skip


async def test_a_run_of_the_clock_counts_groups_without_data(api: Api) -> None:
    await list_jobs(context(NOW - MINUTE))
    await start_due_runs(context())
    [run] = await runs_of("1010")
    await send(run)
    await ended("NoData", "Packaged", "Skipped")

    read = good(await api.get(f"{RUNS}/{run.id}"))

    assert (read["status"], read["trigger"], read["groupsWithoutData"]) == (
        "Succeeded", "Schedule", 2,
    )  # fmt: skip
    assert [group["channelDatabaseGroup"] for group in read["groups"]] == ["ONLINE"]


async def test_only_the_groups_that_were_asked_for_are_sent(api: Api) -> None:
    await started(api, channelDatabaseGroups=["SANFRAN", "HOUSTON", "SANFRAN"])
    await send((await runs_of("1010"))[0])

    assert [command.group for command in await received()] == ["HOUSTON", "SANFRAN"]


async def test_a_group_without_channels_is_unknown(api: Api) -> None:
    await api.put_setting("channel-database-groups", "Empty", {"name": "Empty"})

    for name in ("Empty", "Atlantis"):
        body = {"channelDatabaseGroups": ["HOUSTON", name]}
        response = await api.post(RUNS, body)
        assert response.status_code == 422
        error = response.json()["errors"][0]
        assert (error["pointer"], error["code"]) == (
            "/channelDatabaseGroups/1", "unknown-channel-database-group",
        )  # fmt: skip


async def test_a_run_includes_versions_of_customers_that_exist(api: Api) -> None:
    customer = await api.create()
    named = [
        {"customerId": customer["id"], "version": 1},
        {"customerId": customer["accountNumber"], "version": 2},
    ]
    run = await started(api, includes=named)
    assert run["includes"] == [
        {"customerId": customer["id"], "version": version} for version in (1, 2)
    ]

    for unknown in (NOBODY, "999999"):
        body = {"includes": [*named, {"customerId": unknown, "version": 1}]}
        refused = await api.post(RUNS, body)
        assert refused.status_code == 422
        error = refused.json()["errors"][0]
        assert (error["pointer"], error["code"]) == (
            "/includes/2/customerId", "customer-not-found",
        )  # fmt: skip
    too_many = {"includes": [named[0]] * 101}
    assert (await api.post(RUNS, too_many)).status_code == 422


async def test_a_run_says_once_which_versions_it_lacks(api: Api) -> None:
    customer = await api.create()
    run_id = (await started(api, includes=[{"customerId": customer["id"], "version": 9}]))["id"]
    [run] = await runs_of("1010")

    await asyncio.gather(*(note_lacking(run_id, run.includes, context()) for _ in range(3)))

    read = good(await api.get(f"{RUNS}/{run_id}"))
    assert read["lacking"] == [{"customerId": customer["id"], "version": 9}]


async def test_an_inactive_job_and_a_pushed_one_are_not_run(api: Api) -> None:
    await api.call(
        "PATCH", "distribution-jobs/1010", {"active": False}, bearer=ADMINISTRATOR, if_match="*"
    )
    inactive = await api.post(RUNS)
    pushed = await api.post("distribution-jobs/P-0001/runs")

    assert (inactive.status_code, inactive.json()["code"]) == (409, "job-inactive")
    assert (pushed.status_code, pushed.json()["code"]) == (409, "job-is-pushed")
    assert good(await api.get("distribution-jobs/P-0001/runs"))["items"] == []


async def test_runs_are_listed_newest_first_in_pages_and_by_status(api: Api) -> None:
    await list_jobs(context(NOW - MINUTE))
    for number in range(5):
        await start_due_runs(context(NOW + number * MINUTE))
    await cancel(api, "1010-20310504T120200Z")

    first = good(await api.get(f"{RUNS}?limit=3"))
    second = good(await api.get(f"{RUNS}?limit=3&cursor={first['nextCursor']}"))
    canceled = good(await api.get(f"{RUNS}?status=Canceled"))

    minutes = [run["id"][-4:-3] for run in first["items"] + second["items"]]
    assert minutes == ["4", "3", "2", "1", "0"]
    assert second["nextCursor"] is None
    assert [run["id"] for run in canceled["items"]] == ["1010-20310504T120200Z"]
    assert all(run["etag"] and "groups" not in run for run in first["items"])
    assert (await api.get(f"{RUNS}?status=Lost")).status_code == 400
    assert good(await api.get("distribution-jobs/1110/runs"))["items"] == []


async def test_a_run_that_was_not_sent_ends_when_it_is_canceled(api: Api) -> None:
    run_id = (await started(api))["id"]

    canceled = await cancel(api, run_id)
    await send((await runs_of("1010"))[0])

    assert canceled.status_code == 202
    assert canceled.json()["status"] == "Canceled"
    assert canceled.json()["endedAt"]
    assert await received() == []
    again = await cancel(api, run_id)
    assert (again.status_code, again.json()["code"]) == (409, "run-ended")


async def test_a_run_that_was_sent_is_canceled_when_its_groups_stop(api: Api) -> None:
    run_id = (await started(api))["id"]
    await send((await runs_of("1010"))[0])

    twice = [await cancel(api, run_id) for _ in range(2)]
    assert [one.status_code for one in twice] == [202, 202]
    assert twice[0].json()["canceledAt"] == twice[1].json()["canceledAt"]
    assert twice[1].json()["status"] == "Running"
    await ended("Packaged", "Canceled", "Canceled")

    run = good(await api.get(f"{RUNS}/{run_id}"))
    assert run["status"] == "Canceled"
    assert [group["status"] for group in run["groups"]] == ["Packaged", "Canceled", "Canceled"]
    assert (await cancel(api, run_id)).status_code == 409


@pytest.mark.parametrize("path", [f"{RUNS}/1010-1", "distribution-jobs/1110/runs/{id}"])
async def test_a_run_of_another_job_or_none_is_not_found(api: Api, path: str) -> None:
    run_id = (await started(api))["id"]
    answers = [
        await api.get(path.format(id=run_id)),
        await api.post(f"{path.format(id=run_id)}/cancellation", bearer=ADMINISTRATOR),
    ]

    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (404, "distribution-run-not-found")


async def test_who_may_start_read_and_cancel_a_run(api: Api) -> None:
    run_id = (await started(api))["id"]

    assert (await api.post(RUNS, bearer=MANAGER)).status_code == 403
    assert (await api.get(RUNS, bearer=MANAGER)).status_code == 200
    assert (await api.get(f"{RUNS}/{run_id}", bearer=MANAGER)).status_code == 200
    for bearer in (MANAGER, APPLICATION):
        refused = await api.post(f"{RUNS}/{run_id}/cancellation", bearer=bearer)
        assert refused.status_code == 403
