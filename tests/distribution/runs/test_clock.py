"""A due time has one run: however many hosts ask, whatever their clocks say, and if none did."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from function_app import app
from local.folder import Folder
from local.host.functions import read_functions
from local.store.choice import OpenStore
from shared.composition import wiring
from shared.configuration.companies import put_company
from shared.configuration.domain.companies import CompanyFields
from shared.core.errors import Unavailable
from shared.distribution.domain.jobs import JobChange
from shared.distribution.runs.clock import start_due_runs
from shared.distribution.runs.jobs import change_job, list_jobs, read_job
from shared.ports.documents import Operation, Partition
from tests.api import COMPANY, Api, Exhausted
from tests.distribution.runs.scenes import MINUTE, NOW, context, runs_of

OTHERS = ("1110", "1070", "1060", "1040", "1150", "1090")  # five to ten past, and so on


@pytest.fixture
async def jobs(api: Api) -> Api:
    """A company whose jobs were made a little before half a minute past twelve."""
    await list_jobs(context(NOW - timedelta(seconds=45)))
    return api


async def test_what_is_due_gets_a_run(jobs: Api) -> None:
    assert await start_due_runs(context()) == 1

    [run] = await runs_of("1010")
    assert run.id == "1010-20310504T120000Z"
    assert (run.status, run.trigger, run.missed) == ("Queued", "Schedule", 0)
    assert run.due == NOW.replace(second=0)
    assert run.requested_by == "system:distribution"
    assert (await read_job("1010", context())).last_due.value == run.due
    assert await runs_of("1110") == []


async def test_a_due_time_has_one_run_however_often_it_is_asked(jobs: Api) -> None:
    started = [await start_due_runs(context(NOW + timedelta(seconds=n))) for n in range(0, 30, 10)]

    assert started == [1, 0, 0]
    assert await start_due_runs(context(NOW + MINUTE)) == 1
    assert [run.missed for run in await runs_of("1010")] == [0, 0]


async def test_jobs_are_not_due_before_they_are_made(api: Api) -> None:
    assert await start_due_runs(context()) == 0
    assert await start_due_runs(context(NOW + MINUTE)) == 1


async def test_three_hosts_at_once_start_one_run(
    jobs: Api, folder: Folder, open_store: OpenStore
) -> None:
    """Each has a connection of its own; they meet each minute for a quarter of an hour."""

    async def tick(now: timedelta) -> int:
        async with open_store(folder) as documents:
            backend = folder.backend(documents)
            return await start_due_runs(backend.context(COMPANY, "system:distribution", NOW + now))

    minutes = [MINUTE * number for number in range(16)]
    started = 0
    for minute in minutes:
        started += sum(await asyncio.gather(*(tick(minute) for _ in range(3))))
    while (await runs_of("1010"))[0].due != (NOW + minutes[-1]).replace(second=0):
        started += await tick(
            minutes[-1]
        )  # a store whose replicas lag shows an older clock for a while

    runs = await runs_of("1010")
    assert len({run.due for run in runs}) == len(runs)
    assert len(runs) + sum(run.missed for run in runs) == len(minutes)
    assert [len(await runs_of(number)) for number in OTHERS] == [1] * len(OTHERS)
    assert started == len(runs) + len(OTHERS)


@pytest.mark.parametrize("commits", range(7))
async def test_a_host_that_dies_between_two_jobs_leaves_the_others_to_the_next(
    jobs: Api, commits: int
) -> None:
    """At eleven past, all seven jobs have been due."""
    at = NOW + 11 * MINUTE
    with jobs.failing_after(commits), pytest.raises(Unavailable):
        await start_due_runs(context(at))

    assert await start_due_runs(context(at)) == 7 - commits
    assert await start_due_runs(context(at)) == 0
    for number in (*OTHERS, "1010"):
        assert len(await runs_of(number)) == 1


class Deaf(Exhausted):
    """A store that writes, and whose answer is lost."""

    async def commit(
        self, container: str, partition: Partition, operations: Sequence[Operation]
    ) -> list[str]:
        await super().commit(container, partition, operations)
        raise Unavailable("the answer was lost")


async def test_a_lost_answer_makes_no_second_run(jobs: Api, folder: Folder) -> None:
    healthy = wiring.backend()
    wiring.install(folder.backend(Deaf(jobs.documents, 1)))
    try:
        with pytest.raises(Unavailable):
            await start_due_runs(context())
    finally:
        wiring.install(healthy)

    assert await start_due_runs(context()) == 0
    assert len(await runs_of("1010")) == 1


async def test_an_absence_of_six_hours_is_one_run(jobs: Api) -> None:
    await start_due_runs(context())

    assert await start_due_runs(context(NOW + timedelta(hours=6))) == 7

    newest, first = await runs_of("1010")
    assert (newest.missed, first.missed) == (359, 0)
    assert newest.id == "1010-20310504T180000Z"
    [global_configuration] = await runs_of("1110")
    assert global_configuration.missed == 23
    assert await start_due_runs(context(NOW + timedelta(hours=6, seconds=20))) == 0


@pytest.mark.parametrize(
    "skew", [timedelta(seconds=90), -timedelta(seconds=90), timedelta(hours=1)]
)
async def test_a_host_whose_clock_is_wrong_starts_nothing_twice(jobs: Api, skew: timedelta) -> None:
    """It is early by its skew, or late; the right one goes on between its ticks."""
    for minute in range(12):
        now = NOW + minute * MINUTE
        await start_due_runs(context(now + skew))
        await start_due_runs(context(now))

    runs = await runs_of("1010")
    due = [run.due for run in runs]
    assert len(set(due)) == len(due)
    assert all(run.due and run.due - run.created_at <= timedelta(0) for run in runs)
    times_due = len(due) + sum(run.missed for run in runs)
    early = max(round(skew / MINUTE), 0)  # 12:00 to 12:11, and what the early one comes to
    assert times_due == 12 + early


async def test_a_job_that_is_off_is_not_due_and_misses_nothing(jobs: Api) -> None:
    at = [NOW + number * 30 * MINUTE for number in range(4)]
    await start_due_runs(context(at[0]))
    await change_job("1010", JobChange(active=False), if_match="*", context=context(at[0]))
    await start_due_runs(context(at[1]))
    assert len(await runs_of("1010")) == 1

    await change_job("1010", JobChange(active=True), if_match="*", context=context(at[2]))
    await start_due_runs(context(at[2] + MINUTE))

    newest, _ = await runs_of("1010")
    assert newest.missed == 0
    assert newest.due == (at[2] + MINUTE).replace(second=0)


async def test_another_schedule_counts_from_when_it_was_set(jobs: Api) -> None:
    await change_job(
        "1090", JobChange(schedule="0 0 */2 * * *"), if_match="*", context=context(NOW)
    )

    await start_due_runs(context(NOW + timedelta(minutes=59)))
    assert await runs_of("1090") == []
    await start_due_runs(context(NOW + timedelta(hours=4)))

    [run] = await runs_of("1090")
    assert (run.due, run.missed) == ((NOW + timedelta(hours=4)).replace(second=0), 1)


async def test_an_edit_while_the_clock_moves_harms_neither(jobs: Api) -> None:
    edit = JobChange(exclude_from_offline_databases=True)
    await asyncio.gather(
        change_job("1010", edit, if_match="*", context=context()), start_due_runs(context())
    )

    stored = await read_job("1010", context())
    assert stored.job.value.exclude_from_offline_databases
    assert stored.last_due.value == NOW.replace(second=0)
    assert len(await runs_of("1010")) == 1


async def test_the_timer_looks_at_every_company(jobs: Api) -> None:
    fields = CompanyFields(name="Contoso Germany", currency="EUR", language="de")
    german = wiring.backend().context("DEMF", "system:test", NOW)
    await put_company(fields, if_match=None, context=german)
    [timer] = [one for one in read_functions(app) if one.name == "run_due_jobs"]

    response = await jobs.client.post(
        "/admin/functions/run_due_jobs", json={},
        headers={"x-functions-key": jobs.host.folder.key("master").hex()},
    )  # fmt: skip
    await jobs.host.front.admin.drain()

    assert timer.trigger["schedule"] == "0 * * * * *"
    assert response.status_code == 202
    assert len(await list_jobs(german)) == 8
