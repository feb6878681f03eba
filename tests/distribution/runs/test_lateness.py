"""How late everything is while nobody works: feeds, clock, queue and channels stand still."""

from datetime import timedelta

from shared.customers.copies import copy_customer
from shared.customers.directory.walking import walk
from shared.distribution.index.customers import index_customer
from shared.distribution.index.lag import SAMPLE, index_lag
from shared.distribution.runs.ages import RunAge, run_ages
from shared.distribution.runs.clock import start_due_runs
from shared.distribution.runs.jobs import list_jobs
from shared.distribution.sessions.lags import ChannelLag, channel_lags
from tests.api import ADMINISTRATOR, Api
from tests.distribution.index.test_customers import context_now
from tests.distribution.runs.scenes import MINUTE, NOW, context, runs_of, send
from tests.distribution.scenes import build, tell

NEVER, HOUR = timedelta(0), timedelta(hours=1)


async def ages(minutes: float) -> dict[str, RunAge]:
    return {age.job: age for age in await run_ages(context(NOW + minutes * MINUTE))}


async def test_a_run_grows_old_until_it_has_ended(api: Api) -> None:
    await list_jobs(context(NOW - timedelta(seconds=45)))
    none = await ages(-0.7)
    await start_due_runs(context())
    [run] = await runs_of("1010")
    queued = await ages(0.4)
    await api.post(f"distribution-jobs/1010/runs/{run.id}/cancellation", bearer=ADMINISTRATOR)
    ended = await ages(0.4)

    assert none["1010"] == RunAge("1010", NEVER, MINUTE)
    assert none["1110"] == RunAge("1110", NEVER, 15 * MINUTE)
    assert "P-0001" not in none
    assert queued["1010"].age == 0.4 * MINUTE
    assert ended["1010"].age == NEVER


async def test_the_oldest_run_counts(api: Api) -> None:
    await list_jobs(context(NOW - timedelta(seconds=45)))
    for minutes in range(3):
        await start_due_runs(context(NOW + minutes * MINUTE))
    for run in await runs_of("1010"):
        await send(run)

    assert (await ages(2.4))["1010"].age == 2.4 * MINUTE


async def test_a_clock_that_stands_still_is_late(api: Api) -> None:
    await list_jobs(context(NOW - timedelta(seconds=45)))

    late = await ages(5)
    assert late["1010"].age == 5.5 * MINUTE, "since the first time that it was due"
    assert late["1110"].age == 0.5 * MINUTE


async def test_a_feed_that_stands_still_is_late(api: Api) -> None:
    for _ in range(2 * SAMPLE):
        await api.create()
    keys = (await walk(None, limit=100, context=context_now())).keys
    first = await copy_customer(keys[0], context_now())
    assert first

    async def lag(after: timedelta) -> float:
        return await index_lag(context(first.modified_at + after))

    late = [await lag(after) for after in (MINUTE, HOUR / 2, HOUR * 2)]
    for key in keys[:SAMPLE]:
        await index_customer(key, 1, context_now())
    sampled = await lag(HOUR * 2)
    path = f"customers/{keys[SAMPLE - 1]}"
    await api.call("PATCH", path, {"lastName": "Bergen"}, if_match="*")
    edited = await lag(HOUR * 2)

    assert late == [60, 1_800, 7_200]
    assert sampled == 0
    assert 0 < edited <= 7_200


async def test_a_channel_is_behind_from_the_first_package_that_it_lacks(api: Api) -> None:
    group = {"name": "South", "channels": ["HOUSTON", "ONLINE"]}
    await api.put_setting("channel-database-groups", "South", group)
    await build("1110")
    for channel in group["channels"]:
        await tell(api, "1110-000001", "Applied", channel=channel)
    first = None
    for number in range(2):
        await api.put_setting("titles", f"Title {number}", {"name": f"Title {number}"})
        package = await build("1110")
        first = first or package.created_at
    await tell(api, "1110-000002", "Applied", channel="ONLINE")
    await tell(api, "1110-000003", "Applied", channel="ONLINE")
    assert first
    found = await channel_lags(context(first + HOUR))
    await api.call("PUT", "channels/HOUSTON/registration", {"paused": True}, bearer=ADMINISTRATOR)
    paused = await channel_lags(context(first + HOUR))

    assert found.channels == [
        ChannelLag("HOUSTON", "1110", 3600.0),
        ChannelLag("ONLINE", "1110", 0),
    ]
    assert found.deltas == {"1110": 2}
    assert paused.channels == [ChannelLag("ONLINE", "1110", 0)]
