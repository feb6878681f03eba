"""Each group of a run ends once, and the run with the last of them; how statuses fold."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.errors import Unavailable
from shared.distribution.domain.runs import (
    ENDED,
    WITHOUT_DATA,
    BuildPackage,
    GroupStatus,
    NewRun,
    Run,
    folded,
)
from shared.distribution.runs.clock import start_due_runs
from shared.distribution.runs.documents import CONTAINER, RUN, Progress, all_results, find_result
from shared.distribution.runs.jobs import list_jobs
from shared.distribution.runs.results import begin_group, end_group, end_run
from shared.distribution.runs.starting import start_run
from tests.api import COMPANY, Api
from tests.distribution.runs.scenes import MINUTE, NOW, context, received, results, runs_of, send

STATUSES = st.sampled_from(sorted(ENDED))
DAY_SECONDS = 86_400


async def by_hand(now: datetime = NOW) -> tuple[Run, Sequence[BuildPackage]]:
    """Start and send a run by hand; return it with its commands."""
    run = (await start_run("1010", NewRun(), context=context(now))).value
    await send(run)
    return run, await received()


async def by_clock() -> tuple[Run, Sequence[BuildPackage]]:
    await list_jobs(context(NOW - MINUTE))
    await start_due_runs(context())
    [run] = await runs_of("1010")
    await send(run)
    return run, await received()


async def ttl_of(api: Api, run: Run) -> object:
    document = await api.documents.read(CONTAINER, ("*jobs", COMPANY), f"{RUN}:{run.id}")
    assert document
    return document.body["ttl"]


async def test_the_first_end_of_a_group_stays(api: Api) -> None:
    run, commands = await by_hand()
    ends = results(commands, "Packaged", "NoData", "NoData")
    await end_group(*ends[0], context())
    for again in results(commands[:1], "Failed") * 3:
        await end_group(*again, context())

    result = await find_result(run.id, commands[0].group, context())
    assert result
    assert result.status == "Packaged"
    assert (await runs_of("1010"))[0].status == "Running"


async def test_each_message_twice_at_the_same_time_ends_the_run_once(api: Api) -> None:
    _, commands = await by_hand()
    ends = results(commands, "Packaged", "Excluded", "NoData")

    await asyncio.gather(*(end_group(*end, context()) for end in ends * 3))

    [ended] = await runs_of("1010")
    assert (ended.status, sum(ended.counts.values())) == ("Succeeded", 3)
    assert ended.counts == {"Packaged": 1, "Excluded": 1, "NoData": 1}


@pytest.mark.parametrize("commits", [0, 1])
async def test_a_run_whose_last_group_died_is_ended_by_its_message_again(
    api: Api, commits: int
) -> None:
    """Before its end was noted, or between that and the end of the run."""
    _, commands = await by_hand()
    *others, last = results(commands, "NoData", "NoData", "Packaged")
    for end in others:
        await end_group(*end, context())
    with api.failing_after(commits), pytest.raises(Unavailable):
        await end_group(*last, context())
    assert (await runs_of("1010"))[0].status == "Running"

    await end_group(*last, context())

    assert (await runs_of("1010"))[0].status == "Succeeded"


async def test_a_group_begins_once_and_not_after_its_end(api: Api) -> None:
    run, commands = await by_hand()
    first = commands[0]
    assert await begin_group(first, context())
    assert await begin_group(first, context())  # another delivery, after the first one died
    await end_group(*results([first], "Packaged")[0], context())

    assert not await begin_group(first, context())
    result = await find_result(run.id, first.group, context())
    assert result
    assert result.status == "Packaged"


async def test_in_a_run_of_the_clock_groups_without_data_have_no_document(api: Api) -> None:
    run, commands = await by_clock()
    await begin_group(commands[2], context())  # and nothing was in its scope after all
    for end in results(commands, "NoData", "Skipped", "NoData"):
        await end_group(*end, context())

    [ended] = await runs_of("1010")
    assert (ended.status, ended.counts) == ("NoData", {"NoData": 2, "Skipped": 1})
    assert await all_results(run.id, context()) == []
    assert await ttl_of(api, run) == DAY_SECONDS


async def test_runs_that_had_data_or_were_asked_for_are_kept_for_90_days(api: Api) -> None:
    run, commands = await by_clock()
    for end in results(commands, "NoData", "Packaged", "NoData"):
        await end_group(*end, context())
    assert await ttl_of(api, run) == 90 * DAY_SECONDS

    asked, commands = await by_hand(NOW + MINUTE)
    for end in results(commands, "NoData", "NoData", "NoData"):
        await end_group(*end, context())
    assert (await runs_of("1010"))[0].status == "NoData"
    assert await ttl_of(api, asked) == 90 * DAY_SECONDS
    assert len(await all_results(asked.id, context())) == 3


async def test_a_run_does_not_end_before_its_groups(api: Api) -> None:
    run, commands = await by_hand()
    await end_group(*results(commands[:1], "Failed")[0], context())

    await end_run(run.id, context())

    assert (await runs_of("1010"))[0].status == "Running"


@pytest.mark.parametrize(
    ("statuses", "status"),
    [
        ([], "NoData"),
        (["NoData", "Excluded", "Skipped"], "NoData"),
        (["NoData", "Packaged"], "Succeeded"),
        (["Failed", "Packaged"], "PartlyFailed"),
        (["Failed", "NoData"], "PartlyFailed"),
        (["Failed", "Canceled"], "PartlyFailed"),
        (["Failed", "Failed"], "Failed"),
        (["Canceled", "Packaged", "NoData"], "Canceled"),
    ],
)
def test_statuses_fold(statuses: Sequence[GroupStatus], status: str) -> None:
    assert folded(Counter(statuses)) == status


@given(
    st.lists(STATUSES, max_size=8).flatmap(
        lambda some: st.tuples(st.just(some), st.permutations(some))
    )
)
def test_how_statuses_fold_depends_on_no_order_and_hides_no_failure(
    ends: tuple[list[GroupStatus], list[GroupStatus]],
) -> None:
    statuses, otherwise = ends
    status = folded(Counter(statuses))

    assert folded(Counter(otherwise)) == status
    assert (status in {"Failed", "PartlyFailed"}) == ("Failed" in statuses)
    assert (status == "Failed") == (bool(statuses) and set(statuses) == {"Failed"})
    assert (status == "NoData") == (set(statuses) <= WITHOUT_DATA)
    assert status != "Succeeded" or "Packaged" in statuses
    assert folded(Counter([*statuses, "NoData"])) in {status, "PartlyFailed"}


@given(st.lists(st.tuples(st.integers(0, 70), STATUSES), max_size=90))
def test_a_progress_counts_each_group_once(ends: list[tuple[int, GroupStatus]]) -> None:
    progress, expected = Progress(71), dict[int, GroupStatus]()
    for place, status in ends:
        if not progress.has_ended(place):
            progress = progress.with_ended(place, status)
        expected.setdefault(place, status)

    assert progress.counts == Counter(expected.values())
    assert progress.is_over == (len(expected) == 71)
    assert [place for place in range(71) if progress.has_ended(place)] == sorted(expected)


@given(st.lists(STATUSES, min_size=1, max_size=5), st.booleans())
def test_what_a_run_keeps_and_for_how_long(statuses: list[GroupStatus], is_clock: bool) -> None:
    trigger = "Schedule" if is_clock else "RunNow"
    run = Run(id="1010-1", job="1010", trigger=trigger, requested_by="x", created_at=NOW)
    ended = run.ended(Counter(statuses), NOW)

    counted = [status for status in statuses if not run.keeps(status)]
    assert counted == ([one for one in statuses if one in WITHOUT_DATA] if is_clock else [])
    is_short = is_clock and len(counted) == len(statuses)
    assert ended.retention == (timedelta(hours=24) if is_short else timedelta(days=90))
