"""Where is my customer? One call says, for each channel, and why it is not there."""

from datetime import timedelta
from typing import Any

import pytest

from shared.distribution.runs.jobs import read_job
from shared.distribution.tracing import look_at, trace_channels
from tests.api import ADMINISTRATOR, Api
from tests.distribution.index.test_customers import at_rest, context_now, version_of
from tests.distribution.scenes import build, tell

SOUTH = "HOUSTON"


async def indexed(api: Api, **but: Any) -> str:
    made = await api.create(**({"addressBooks": ["USRSA"]} | but))
    await at_rest(made["id"], made["version"])
    return str(made["id"])


async def traced(api: Api, key: str, channel: str = SOUTH) -> dict[str, Any]:
    answer = await api.get(f"customers/{key}/trace?channel={channel}")
    assert answer.status_code == 200, answer.text
    [found] = answer.json()["channels"]
    return dict(found)


def states(found: dict[str, Any]) -> list[str]:
    return [step["state"] for step in found["steps"]]


async def change(api: Api, path: str, body: dict[str, Any]) -> None:
    answer = await api.call("PATCH", path, body, bearer=ADMINISTRATOR, if_match="*")
    assert answer.status_code == 200, answer.text


async def test_a_customer_on_its_way(api: Api) -> None:
    key = await indexed(api)
    new = await traced(api, key)
    await build("1010")
    packaged = await traced(api, key)
    await tell(api, "1010-000001", "Downloaded")
    downloaded = await traced(api, key)
    await tell(api, "1010-000001", "Applied")
    applied = await traced(api, key)
    await api.call("PATCH", f"customers/{key}", {"lastName": "Bergen"}, if_match="*")
    await at_rest(key, await version_of(api, key))
    edited = await traced(api, key)

    assert states(new) == ["pending", "pending", "pending"]
    assert states(packaged) == ["done", "pending", "pending"]
    assert states(downloaded) == ["done", "done", "pending"]
    assert states(applied) == ["done", "done", "done"]
    assert states(edited) == ["pending", "pending", "pending"]
    assert (applied["version"], applied["expectedAt"], applied["why"]) == (1, None, None)
    assert new["expectedAt"]
    assert packaged["expectedAt"]


async def test_all_channels_those_first_that_may_hold_it(api: Api) -> None:
    key = await indexed(api, addressBooks=["USRSW"])
    answer = (await api.get(f"customers/{key}/trace")).json()
    unknown = await api.get(f"customers/{key}/trace?channel=NOWHERE")

    assert [step["step"] for step in answer["steps"]][-1] == "indexed"
    assert [one["inScope"] for one in answer["channels"]] == sorted(
        (one["inScope"] for one in answer["channels"]), reverse=True
    )
    assert answer["channels"][0]["channel"] == "SANFRAN"
    assert (unknown.status_code, unknown.json()["code"]) == (404, "channel-not-found")


async def test_it_is_in_other_address_books(api: Api) -> None:
    found = await traced(api, await indexed(api, addressBooks=["USRSW"]))

    assert (found["inScope"], found["why"]) == (False, "not-in-address-books")
    assert (found["customerBooks"], found["channelBooks"]) == (["USRSW"], ["USRSA"])


@pytest.mark.parametrize(
    ("path", "body", "why"),
    [
        ("distribution-jobs/1010", {"excludeFromOfflineDatabases": True}, "excluded-by-job"),
        (
            "distribution-jobs/1010",
            {"tables": [{"name": "customers", "excludeFromOfflineDatabases": True}]},
            "excluded-by-table",
        ),
        ("distribution-jobs/1010", {"active": False}, "job-inactive"),
    ],
)
async def test_a_job_says_why(api: Api, path: str, body: dict[str, Any], why: str) -> None:
    key = await indexed(api)
    await change(api, path, body)

    assert (await traced(api, key))["why"] == why


async def test_a_group_filters_customers(api: Api) -> None:
    key = await indexed(api)
    group = {"name": "South", "channels": [SOUTH], "filterSharedCustomerData": True}
    await api.put_setting("channel-database-groups", "South", group)

    assert (await traced(api, key))["why"] == "filtered-customer-data"


async def test_a_session_failed_or_waits_for_one_that_did(api: Api) -> None:
    key = await indexed(api)
    await build("1010")
    await tell(api, "1010-000001", "ApplyFailed")
    failed = await traced(api, key)
    await api.call("PATCH", f"customers/{key}", {"lastName": "Bergen"}, if_match="*")
    await at_rest(key, await version_of(api, key))
    await build("1010")
    waits = await traced(api, key)

    assert (failed["why"], waits["why"]) == ("session-failed", "session-suspended")


async def test_a_channel_is_paused(api: Api) -> None:
    key = await indexed(api)
    await build("1010")
    path = f"channels/{SOUTH}/registration"
    await api.call("PUT", path, {"paused": True}, bearer=ADMINISTRATOR)

    assert (await traced(api, key))["why"] == "channel-paused"


async def test_a_channel_is_silent(api: Api) -> None:
    key = await indexed(api)
    await build("1010")
    context = context_now()
    job = await read_job("1010", context)
    looking = await look_at(key, 1, job, timedelta(minutes=-2), context)
    [found] = await trace_channels(looking, SOUTH)

    assert found.why == "channel-silent-since"
    assert found.since
