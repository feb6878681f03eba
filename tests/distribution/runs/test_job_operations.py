"""Distribution jobs over HTTP: each company has all of them, and people set when they are due."""

import asyncio
from typing import Any

import httpx
import pytest

from shared.distribution.runs.clock import start_due_runs
from tests.api import ADMINISTRATOR, APPLICATION, MANAGER, Api
from tests.distribution.runs.scenes import NOW, context

JOBS = "distribution-jobs"
JOB_NUMBERS = ["1110", "1070", "1060", "1040", "1150", "1090", "1010", "P-0001"]


async def edit(api: Api, number: str, change: Any, etag: str = "*") -> httpx.Response:
    return await api.call("PATCH", f"{JOBS}/{number}", change, bearer=ADMINISTRATOR, if_match=etag)


async def test_a_company_has_all_jobs_in_the_order_of_application(api: Api) -> None:
    jobs = (await api.get(JOBS)).json()["items"]

    assert [job["number"] for job in jobs] == JOB_NUMBERS
    assert [job["order"] for job in jobs] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert all(job["active"] and not job["excludeFromOfflineDatabases"] for job in jobs)
    assert [job["lastRun"] for job in jobs] == [None] * 8
    customers = jobs[6]
    assert customers["schedule"] == "0 * * * * *"
    assert customers["after"] == ["1070", "1150"]
    assert customers["tables"] == [
        {"name": "customers", "excludeFromOfflineDatabases": False},
        {"name": "customer-addresses", "excludeFromOfflineDatabases": False},
    ]
    assert customers["lastDue"] is None
    assert customers["nextDue"].endswith(":00Z")
    assert jobs[7]["nextDue"] is None


async def test_the_first_looks_of_many_make_each_job_once(api: Api) -> None:
    answers = await asyncio.gather(*(api.get(JOBS) for _ in range(8)))

    etags = {
        tuple(job["etag"].partition(".")[0] for job in page.json()["items"]) for page in answers
    }
    assert [answer.status_code for answer in answers] == [200] * 8
    assert len(etags) == 1


async def test_pages_of_jobs_follow_one_another(api: Api) -> None:
    first = (await api.get(f"{JOBS}?limit=5")).json()
    second = (await api.get(f"{JOBS}?limit=5&cursor={first['nextCursor']}")).json()

    assert len(first["items"]) == 5
    assert [job["number"] for job in second["items"]] == ["1090", "1010", "P-0001"]


async def test_a_job_is_read_with_a_version_that_moves_with_its_clock(api: Api) -> None:
    before = await api.get(f"{JOBS}/1010")
    again = await api.get(f"{JOBS}/1010", if_none_match=before.headers["etag"])
    await start_due_runs(context(NOW))
    after = await api.get(f"{JOBS}/1010", if_none_match=before.headers["etag"])

    assert before.status_code == 200
    assert again.status_code in {200, 304}  # 200 where a minute has begun between the two
    assert after.status_code == 200
    assert after.json()["lastDue"] == "2031-05-04T12:00:00Z"
    assert after.json()["lastRun"]["id"] == "1010-20310504T120000Z"


async def test_an_edit_stands_though_the_clock_has_moved(api: Api) -> None:
    etag = (await api.get(f"{JOBS}/1010")).headers["etag"]
    await start_due_runs(context(NOW))

    edited = await edit(api, "1010", {"schedule": "0 */2 * * * *"}, etag)

    assert edited.status_code == 200
    assert edited.json()["schedule"] == "0 */2 * * * *"
    assert (await api.get(f"{JOBS}/1010")).json()["schedule"] == "0 */2 * * * *"


async def test_of_two_edits_of_one_version_the_second_is_refused(api: Api) -> None:
    etag = (await api.get(f"{JOBS}/1010")).headers["etag"]

    answers = await asyncio.gather(
        edit(api, "1010", {"active": False}, etag),
        edit(api, "1010", {"schedule": "0 */5 * * * *"}, etag),
    )

    assert sorted(answer.status_code for answer in answers) == [200, 412]
    assert (await edit(api, "1010", {"active": True}, "*")).status_code == 200
    missing = await api.call("PATCH", f"{JOBS}/1010", {}, bearer=ADMINISTRATOR)
    assert missing.status_code == 428


@pytest.mark.parametrize(
    "schedule",
    ["", "0 0 0 31 2 *", "*/30 * * * * *", "0 0 0 1W * *", "0 0 0 * * 7", "00:05:00", "@daily"],
)
async def test_a_schedule_that_cannot_be_kept_is_refused(api: Api, schedule: str) -> None:
    refused = await edit(api, "1010", {"schedule": schedule})

    assert refused.status_code == 422
    assert refused.json()["errors"][0] | {"detail": ""} == {
        "pointer": "/schedule", "code": "schedule-invalid", "detail": "",
    }  # fmt: skip


async def test_tables_are_excluded_one_by_one(api: Api) -> None:
    excluded = [{"name": "customer-addresses", "excludeFromOfflineDatabases": True}]
    first = await edit(api, "1010", {"tables": excluded})
    second = await edit(api, "1010", {"tables": [], "active": False})

    expected = [
        {"name": "customers", "excludeFromOfflineDatabases": False},
        {"name": "customer-addresses", "excludeFromOfflineDatabases": True},
    ]
    assert first.json()["tables"] == second.json()["tables"] == expected
    assert not second.json()["active"]
    assert second.json()["nextDue"] is None


async def test_a_table_of_another_job_is_refused(api: Api) -> None:
    tables = [{"name": "workers", "excludeFromOfflineDatabases": True}]

    refused = await edit(api, "1010", {"tables": tables})

    assert refused.status_code == 422
    error = refused.json()["errors"][0]
    assert (error["pointer"], error["code"]) == ("/tables/0/name", "table-not-of-job")


@pytest.mark.parametrize(
    ("number", "change", "breaks"),
    [
        ("1110", {"excludeFromOfflineDatabases": True}, ["1110"]),
        ("1070", {"excludeFromOfflineDatabases": True}, ["1070"]),
        ("1070", {"tables": [{"name": "stores", "excludeFromOfflineDatabases": True}]}, ["stores"]),
    ],
)
async def test_what_a_channel_needs_to_trade_is_not_excluded(
    api: Api, number: str, change: Any, breaks: list[str]
) -> None:
    refused = await edit(api, number, change)

    assert refused.status_code == 409
    assert refused.json()["code"] == "exclusion-breaks"
    assert refused.json()["breaks"] == breaks
    other = {"tables": [{"name": "functionality-profiles", "excludeFromOfflineDatabases": True}]}
    assert (await edit(api, "1070", other)).status_code == 200


async def test_what_channels_push_is_not_excluded(api: Api) -> None:
    refused = await edit(api, "P-0001", {"excludeFromOfflineDatabases": True})
    scheduled = await edit(api, "P-0001", {"schedule": "0 */5 * * * *"})

    assert (refused.status_code, refused.json()["code"]) == (409, "job-is-pushed")
    assert scheduled.json()["schedule"] == "0 */5 * * * *"


async def test_a_job_that_nobody_has_is_not_found(api: Api) -> None:
    for answer in (
        await api.get(f"{JOBS}/4711"),
        await edit(api, "4711", {}),
        await api.get(f"{JOBS}/4711/runs"),
        await api.post(f"{JOBS}/4711/runs"),
        await api.get(f"{JOBS}/4711/runs/4711-1"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "distribution-job-not-found")


async def test_head_office_alone_edits_jobs(api: Api) -> None:
    for bearer in (APPLICATION, MANAGER):
        read = await api.get(f"{JOBS}/1010", bearer=bearer)
        refused = await api.call("PATCH", f"{JOBS}/1010", {}, bearer=bearer, if_match="*")
        assert (read.status_code, refused.status_code) == (200, 403)
