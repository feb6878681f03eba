"""Thousands of customers without account numbers, while whoever gives them one dies and fails."""

import asyncio
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.api import BASE, a_customer
from tests.e2e.hosts.faulty import FaultyHost

AT_ONCE = 32
KILLED_AT = (0.2, 0.5, 0.8)  # of all customers
PATIENCE = 400.0


@pytest.fixture
def host(configured: Path, tmp_path: Path) -> Iterator[FaultyHost]:
    host = FaultyHost(Path(shutil.copytree(configured, tmp_path / "data")))
    yield host
    host.stop()


async def make_one(client: httpx.AsyncClient, number: int) -> str:
    """Make a customer, asked for again with its key as long as there is no answer."""
    headers = {"Idempotency-Key": str(uuid4()), "Prefer": "respond-async"}
    body = a_customer(lastName=f"Berg{number}")
    while True:
        try:
            answer = await client.post("/customers", json=body, headers=headers)
        except httpx.TransportError:
            await asyncio.sleep(0.2)
            continue
        # 201: the host died before it had answered, and the number has come meanwhile.
        if answer.status_code in {201, 202}:
            key: str = answer.json()["id"]
            return key
        assert answer.status_code in {409, 503}, answer.text
        await asyncio.sleep(1)


async def kill_at_times(host: FaultyHost, made: list[str], customers: int) -> None:
    for share in KILLED_AT:
        while len(made) < share * customers:
            await asyncio.sleep(0.01)
        host.kill()
        await asyncio.to_thread(host.start, "--share", "0.02")


async def make_all(host: FaultyHost, customers: int) -> list[str]:
    """Make them all, while the host is killed and started again."""
    made: list[str] = []
    numbers = iter(range(customers))

    async def make(client: httpx.AsyncClient) -> None:
        for number in numbers:
            made.append(await make_one(client, number))  # noqa: PERF401  # others add to it

    async with (
        httpx.AsyncClient(base_url=host.url + BASE, headers=host.headers, timeout=30) as client,
        asyncio.TaskGroup() as tasks,
    ):
        tasks.create_task(kill_at_times(host, made, customers))
        for _ in range(AT_ONCE):
            tasks.create_task(make(client))
    return made


async def test_five_thousand_convert_though_the_consumer_dies_and_fails(
    host: FaultyHost, capsys: pytest.CaptureFixture[str], scale: Callable[[int, int], int]
) -> None:
    count = scale(1000, 5000)
    host.start("--share", "0.02")
    started = time.monotonic()
    made = await make_all(host, count)
    intake = time.monotonic() - started
    async with asyncio.timeout(PATIENCE):
        while {one[1] for one in host.customers()} != {"Synced"} or host.waiting():
            await asyncio.sleep(0.5)
    drained = time.monotonic() - started
    host.stop()
    customers = [one for one in host.customers() if one[0] in set(made)]
    told = host.told()
    with capsys.disabled():
        print(  # noqa: T201
            f"\n{len(made)} made in {intake:.1f} s ({len(made) / intake:.0f}/s),"
            f" all converted after {drained:.1f} s ({len(made) / drained:.0f}/s)"
        )

    assert len(set(made)) == count
    assert len(customers) == count
    assert len(host.customers()) == count + 1, "and the default customer"
    assert len({one[2] for one in customers}) == count
    assert {one[3] for one in customers} == {2}, "made, and converted once"
    for key in made:
        assert list(dict.fromkeys(told[key])) == [1, 2], "each event, in order"
