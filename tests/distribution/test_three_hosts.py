"""Three hosts, processes of their own, on one folder: a due time is one run, numbers are dense."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.folder import Folder
from local.store import SqliteDocuments
from shared.core import deadlines
from shared.distribution.building.documents import packages_above
from shared.distribution.runs.jobs import list_jobs
from tests.api import COMPANY
from tests.distribution.test_killed import JOB, ended, started
from tests.e2e.hosts.server import PATIENCE, Server, serving

HOSTS = 3
ABSENCE = timedelta(hours=1)
SYSTEM = "system:distribution"


@pytest.fixture
def hosts(folder: Folder) -> Iterator[list[Server]]:
    """Serve a folder whose jobs were made an hour ago, and that nobody served since."""

    async def make() -> None:
        store = SqliteDocuments(folder.database)
        made = datetime.now(UTC) - ABSENCE
        await list_jobs(folder.backend(store).context(COMPANY, SYSTEM, made))
        store.close()

    deadlines.deadline.set(None)
    asyncio.run(make())
    with ExitStack() as stack:
        yield [stack.enter_context(serving(folder.path)) for _ in range(HOSTS)]


def tick(server: Server) -> None:
    key = Folder(server.data).key("master").hex()
    url = f"{server.url}/admin/functions/run_due_jobs"
    answer = httpx.post(url, json={}, headers={"x-functions-key": key}, timeout=PATIENCE)
    assert answer.status_code == 202, answer.text


async def numbers(data: Path) -> list[int]:
    """Return the numbers of the packages that a channel of the folder may take."""
    store = SqliteDocuments(Folder(data).database)
    context = Folder(data).backend(store).context(COMPANY, SYSTEM, datetime.now(UTC))
    packages = await packages_above("HOUSTON", JOB, 0, context)
    store.close()
    assert [one.start for one in packages[1:]] == [one.to for one in packages[:-1]]
    assert len({one.run for one in packages}) == len(packages)
    return [one.number for one in packages]


def test_three_hosts_are_as_one(hosts: list[Server]) -> None:
    data = hosts[0].data
    with ExitStack() as stack, ThreadPoolExecutor(12) as threads:
        offices = [stack.enter_context(one.client("Administrator")) for one in hosts]
        list(threads.map(tick, hosts * 4))
        by_hand = list(threads.map(lambda office: started(office, full=True), offices * 3))
        list(threads.map(tick, hosts * 4))
        outcomes = [ended(offices[0], run) for run in by_hand]
        listed: list[Any] = offices[0].get(f"/distribution-jobs/{JOB}/runs").json()["items"]
        clock = [one for one in listed if one["trigger"] == "Schedule"]
        for run in clock:
            ended(offices[0], run["id"])
    for host in hosts:
        host.stop()
    made = [group["number"] for run in outcomes for group in run["groups"]
            if group["channelDatabaseGroup"] == "HOUSTON"]  # fmt: skip
    deadlines.deadline.set(None)
    built = asyncio.run(numbers(data))
    due = [one["due"] for one in clock]

    assert len(set(due)) == len(due), "one run for a due time"
    assert 59 <= clock[-1]["missed"] + 1 <= 61, "an absence is one run"
    assert [one["missed"] for one in clock[:-1]] == [0] * (len(clock) - 1)
    assert {run["status"] for run in outcomes} == {"Succeeded"}
    assert sorted(set(made)) == sorted(made), "no number twice"
    assert built == list(range(1, len(built) + 1)), "no gap"
    assert set(made) <= set(built)
