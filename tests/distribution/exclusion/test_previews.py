"""A dry run says what a change takes from channels, and stores nothing."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.distribution.building.documents import find_chain
from shared.distribution.domain.exclusions import ExclusionChange
from shared.distribution.exclusion.planning import plan_exclusion
from shared.distribution.exclusion.previews import preview_exclusion
from shared.offline.documents import create_session
from shared.offline.domain.uploads import UploadSession
from tests.api import ADMINISTRATOR, APPLICATION, COMPANY, MANAGER, Api
from tests.distribution.exclusion.scenes import (
    EXCLUDED,
    FILTERED,
    JOB,
    NO_ADDRESSES,
    NO_CUSTOMERS,
    NOT_FILTERED,
    PREVIEWS,
    SENT,
    change,
    customers_of_the_south,
    group_south,
    preview,
    preview_of,
    rows_of,
)
from tests.distribution.index.test_customers import at_rest, context_now, version_of
from tests.distribution.scenes import build, sessions

TABLES = ("customers", "customer-addresses")
ALL_LOST = [602, 603, 612, 623]


@pytest.mark.parametrize(
    ("excluded", "removed", "lost"),
    [
        (EXCLUDED, set(TABLES), ALL_LOST),
        (NO_CUSTOMERS, {"customers"}, ALL_LOST),
        (NO_ADDRESSES, {"customer-addresses"}, [623]),
        (FILTERED, set(TABLES), ALL_LOST),
    ],
    ids=["job", "customers", "addresses", "group"],
)
async def test_counts_are_those_of_the_packages_before_and_after(
    api: Api, excluded: dict[str, Any], removed: set[str], lost: list[int]
) -> None:
    await group_south(api)
    await customers_of_the_south(api)
    before = await rows_of(await build("1010"))
    foreseen = await preview_of(api, excluded)
    await change(api, excluded)
    after = await rows_of(await build("1010"))
    back = await preview_of(api, NOT_FILTERED)

    assert all(before[table] for table in TABLES)
    assert foreseen["channels"] == ["HOUSTON"]
    assert foreseen["tables"] == [
        {
            "name": table,
            "rows": before[table],
            "removed": before[table] if table in removed else 0,
            "atLeast": False,
        }
        for table in TABLES
    ]
    assert {table["name"]: table["rows"] - table["removed"] for table in foreseen["tables"]} == {
        table: after[table] for table in TABLES
    }
    assert foreseen["operationsLost"] == lost
    assert [table["rows"] for table in back["tables"]] == [after[table] for table in TABLES]
    assert {table["removed"] for table in back["tables"]} == {0}
    assert back["operationsLost"] == []


async def test_rows_that_have_left_the_group_are_not_counted(api: Api) -> None:
    await group_south(api)
    [first, _] = await customers_of_the_south(api)
    before = await preview_of(api, EXCLUDED)
    await api.call("PATCH", f"customers/{first}", {"addressBooks": ["USRSW"]}, if_match="*")
    await at_rest(first, await version_of(api, first))
    after = await preview_of(api, EXCLUDED)
    rows = await rows_of(await build("1010"))

    assert [table["rows"] for table in before["tables"]] != [
        table["rows"] for table in after["tables"]
    ]
    assert {table["name"]: table["rows"] for table in after["tables"]} == {
        table: rows[table] for table in TABLES
    }


async def test_sessions_are_those_that_the_reset_replaces(api: Api) -> None:
    await group_south(api)
    keys = await customers_of_the_south(api)
    await build("1010")
    for key in keys:
        await api.call("PATCH", f"customers/{key}", {"lastName": "Holm"}, if_match="*")
        await at_rest(key, await version_of(api, key))
        await build("1010")
    harmless = await preview_of(api, {"active": False})
    foreseen = await preview_of(api, EXCLUDED)
    await change(api, EXCLUDED)
    reset = await build("1010")
    replaced = await sessions(api, "status=Canceled", job="1010")
    again = await preview_of(api, EXCLUDED)

    assert reset.reset
    assert (harmless["sessions"], foreseen["sessions"], again["sessions"]) == (0, 3, 0)
    assert len(replaced) == foreseen["sessions"]
    assert {session["replacedBy"] for session in replaced.values()} == {"1010-000004"}


async def test_uploads_that_are_under_way_are_counted(api: Api) -> None:
    await group_south(api)
    before = await preview_of(api, EXCLUDED)
    session = UploadSession(
        id="20261128-1", batch="20261128-1", legal_entity=COMPANY, channel="HOUSTON", digest="d",
        total=1, chunks=1, created_at=datetime.now(UTC), created_by="application:till",
    )  # fmt: skip
    await create_session(session, context_now())
    after = await preview_of(api, EXCLUDED)
    elsewhere = await preview_of(api, EXCLUDED, "SANFRAN")

    assert [one["pendingUploads"] for one in (before, after, elsewhere)] == [0, 1, 0]


async def test_creation_is_not_lost_where_the_profile_forbids_it_already(api: Api) -> None:
    profile = {"name": "Default", "createCustomersOffline": False}
    await api.put_setting("functionality-profiles", "Default", profile, if_match="*")

    foreseen = await preview_of(api, EXCLUDED, "HOUSTON")

    assert foreseen["operationsLost"] == [602, 603, 623]


async def test_each_group_is_previewed_in_pages(api: Api) -> None:
    await group_south(api)
    default = (await api.get("settings/stores/HOUSTON")).json()["defaultCustomerId"]
    await at_rest(default, await version_of(api, default))
    whole = (await preview(api, EXCLUDED, query="?limit=100")).json()
    first = (await preview(api, EXCLUDED, query="?limit=1")).json()
    rest = (await preview(api, EXCLUDED, query=f"?limit=99&cursor={first['nextCursor']}")).json()
    one = (await preview(api, FILTERED)).json()
    names = [item["channelDatabaseGroup"] for item in whole["items"]]

    assert whole["nextCursor"] is rest["nextCursor"] is None
    assert names == sorted(names)
    assert {"South", "SANFRAN"} <= set(names)
    assert "HOUSTON" not in names
    assert [*first["items"], *rest["items"]] == whole["items"]
    assert [item["channelDatabaseGroup"] for item in one["items"]] == ["South"]


async def test_counting_ends_at_the_limit_and_says_so(api: Api) -> None:
    await group_south(api)
    await customers_of_the_south(api)
    all_rows = sum((await rows_of(await build("1010"))).values())
    wanted = ExclusionChange(exclude_from_offline_databases=True)
    plan = await plan_exclusion("1010", wanted, context_now())
    counted = {}
    for most in (2, all_rows - 1, all_rows):
        [item] = await preview_exclusion(plan, ["South"], context=context_now(), most=most)
        rows = sum(table.rows for table in item.tables)
        counted[most] = (rows, {table.at_least for table in item.tables})

    assert counted == {
        2: (2, {True}),
        all_rows - 1: (all_rows - 1, {True}),
        all_rows: (all_rows, {False}),
    }


async def test_a_dry_run_stores_nothing(api: Api) -> None:
    await group_south(api)
    await customers_of_the_south(api)
    await build("1010")
    job = (await api.get(JOB)).json()
    group = (await api.get("settings/channel-database-groups/South", bearer=ADMINISTRATOR)).json()
    chain = await find_chain("South", "1010", context_now())
    for wanted in (EXCLUDED, NO_CUSTOMERS, FILTERED, {"active": False, "schedule": "0 0 3 * * *"}):
        assert (await preview(api, wanted)).status_code == 200
    settled = ("schedule", "active", "excludeFromOfflineDatabases", "tables")
    job_after = (await api.get(JOB)).json()

    assert {name: job_after[name] for name in settled} == {name: job[name] for name in settled}
    assert (
        group
        == (await api.get("settings/channel-database-groups/South", bearer=ADMINISTRATOR)).json()
    )
    assert await find_chain("South", "1010", context_now()) == chain


@pytest.mark.parametrize(
    ("job", "wanted", "status", "code"),
    [
        ("1110", EXCLUDED, 409, "exclusion-breaks"),
        ("1070", {"tables": [{"name": "stores", **EXCLUDED}]}, 409, "exclusion-breaks"),
        ("P-0001", EXCLUDED, 409, "job-is-pushed"),
        ("9999", EXCLUDED, 404, "distribution-job-not-found"),
    ],
)
async def test_a_dry_run_is_refused_as_the_change_would_be(
    api: Api, job: str, wanted: Any, status: int, code: str
) -> None:
    answers = [
        await preview(api, wanted, job),
        await api.call(
            "PATCH", f"distribution-jobs/{job}", wanted, bearer=ADMINISTRATOR, if_match="*"
        ),
    ]

    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("wanted", "pointer", "code"),
    [
        ({"tables": [{"name": "workers", **SENT}]}, "/tables/0/name", "table-not-of-job"),
        ({"schedule": "0 0 0 31 2 *"}, "/schedule", "schedule-invalid"),
        (
            FILTERED | {"channelDatabaseGroup": "Nowhere"},
            "/channelDatabaseGroup",
            "unknown-channel-database-group",
        ),
        ({"channelDatabaseGroup": "South"}, "/filterSharedCustomerData", "missing"),
        ({"filterSharedCustomerData": True}, "/channelDatabaseGroup", "missing"),
        (FILTERED | EXCLUDED, "/channelDatabaseGroup", "not-together"),
        ({"exclude": True}, "/exclude", "extra-forbidden"),
    ],
)
async def test_a_change_that_cannot_be_is_refused(
    api: Api, wanted: Any, pointer: str, code: str
) -> None:
    await group_south(api)
    answer = await preview(api, wanted)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code)


async def test_only_head_office_asks(api: Api) -> None:
    for bearer in (APPLICATION, MANAGER):
        answer = await api.post(PREVIEWS, EXCLUDED, bearer=bearer)

        assert (answer.status_code, answer.json()["code"]) == (403, "role-not-allowed")
