"""What is told of distribution: a trace from run to package, and what was built, taken, refused."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from functions.distribution.timer_distribution import measure_channels, measure_runs
from shared.ports.telemetry import NoTelemetry
from tests.api import ADMINISTRATOR, Api
from tests.distribution.index.test_auditing import TICK
from tests.distribution.index.test_customers import at_rest, version_of
from tests.distribution.scenes import JOBS, build, channel_of, run_all, sessions, tell
from tests.distribution.sessions.test_sessions import deltas, fail
from tests.test_telemetry import PARENT, TRACE, Told, parent_of, using
from tests.waiting import eventually

RUNS = "distribution-jobs/1110/runs"
PREFIX = "libro.distribution."
COMPANY = {"libro.legal_entity": "USRT"}


@pytest.fixture
def told() -> Iterator[Told]:
    told = Told()
    with using(told.telemetry):
        yield told


def values(points: dict[str, list[Any]], name: str, **labels: str) -> list[float]:
    """Return the values of a metric with these labels, which are short for `libro.`."""
    wanted = {f"libro.{label}": value for label, value in labels.items()}.items()
    found = points.get(PREFIX + name, [])
    return [one.value for one in found if wanted <= dict(one.attributes).items()]


async def test_one_trace_leads_from_the_run_to_the_session(api: Api, told: Told) -> None:
    body = {"channelDatabaseGroups": ["HOUSTON"]}
    await api.post(RUNS, body, bearer=ADMINISTRATOR, traceparent=PARENT)
    async with asyncio.timeout(20):
        while "build_package" not in told.spans(TRACE):
            await asyncio.sleep(0.05)
    spans = told.spans(TRACE)
    session = (await sessions(api))["1110-000001"]
    points = told.all_points()

    built = spans["build_package"].get_span_context()
    assert built
    assert session["traceparent"] == f"00-{TRACE}-{built.span_id:016x}-01"
    sent = spans["send distribution-runs"].get_span_context()
    assert sent
    assert parent_of(spans["build_package"]) == f"{sent.span_id:016x}"
    assert values(points, "packages", job="1110") == [1]
    assert values(points, "rows", job="1110") == [session["rows"]]
    assert values(points, "fulls", job="1110", group="HOUSTON", reason="first") == [1]
    assert values(points, "package_bytes", job="1110", form="full") == [session["bytes"]]


async def test_failures_are_counted_by_what_follows_from_them(api: Api, told: Told) -> None:
    await deltas(api, 1)
    await fail(api, "1110-000001", 3)
    await build("1110")
    await tell(api, "1110-000003", "ApplyFailed", code="verification-failed")
    await tell(api, "1110-000003", "Requested")
    await tell(api, "1110-000003", "Applied")
    claim = {"rows": 0, "buckets": [{"rows": 0, "sum": "0" * 16}] * 64}
    proof = {"job": "1110", "number": 3, "tables": {"titles": claim}}
    compared = await api.post("channels/HOUSTON/verification", proof)
    points = told.all_points()

    def failures(reason: str) -> list[float]:
        return values(points, "apply_failed", channel="HOUSTON", job="1110", reason=reason)

    assert not compared.json()["equal"]
    assert failures("retry") == [2]
    assert failures("third") == [1]
    assert failures("full-limit") == [1], "the second full of this day"
    assert failures("verification-failed") == [1]


async def test_the_feed_says_how_late_it_is(api: Api, told: Told) -> None:
    default = (await api.get("settings/stores/HOUSTON")).json()["defaultCustomerId"]
    await at_rest(default, await version_of(api, default))
    told.all_points()  # the lag of who was there before the host
    made = await api.create(addressBooks=["USRSA"])
    await at_rest(made["id"], made["version"])

    async def shown() -> list[float]:
        return values(told.all_points(), "index_lag", operation="index_customers")

    [lag] = await eventually(10, shown)  # it is told after the entries are written
    assert 0 < lag < 20


async def test_the_timers_show_what_is_late(api: Api, told: Told) -> None:
    await run_all(api)
    await channel_of(api, "HOUSTON").catch_up()
    answer = await api.put_setting("titles", "Late", {"name": "Late"})
    assert answer.status_code == 201
    await build("1110")
    told.all_points()  # looking at gauges empties them
    await measure_runs(tick=TICK)
    await measure_channels(tick=TICK)
    points = told.all_points()

    assert values(points, "index_lag", operation="measure_runs") == [0]
    assert values(points, "run_age", job="1110", interval="900") == [0]
    assert values(points, "run_age", job="1010", interval="60")
    assert [values(points, "chain_deltas", job=job) for job in ("1110", "1070")] == [[1], [0]]
    [behind] = values(points, "channel_lag", channel="HOUSTON", job="1110")
    assert 0 < behind < 20
    assert [values(points, "channel_lag", channel="HOUSTON", job=job) for job in JOBS[1:]] == (
        [[0]] * 6
    )
    assert values(points, "channel_lag", channel="SANFRAN") == [], "it takes no part"
    for name in ("index_lag", "run_age", "channel_lag", "chain_deltas"):
        assert all(COMPANY.items() <= dict(one.attributes).items() for one in points[PREFIX + name])


@pytest.mark.parametrize("is_on", [True, False])
async def test_a_store_that_is_down_is_asked_only_where_there_is_telemetry(
    api: Api, caplog: pytest.LogCaptureFixture, *, is_on: bool
) -> None:
    with using(Told().telemetry if is_on else NoTelemetry()), api.without_a_store():
        await measure_runs(tick=TICK)

    assert caplog.text.count("was not measured: unavailable") == is_on
