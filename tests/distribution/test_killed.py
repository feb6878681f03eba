"""Builders that are killed, that are told twice, and that overtake one another."""

import asyncio
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from local.folder import Folder
from local.store import SqliteDocuments
from shared.composition import wiring
from shared.distribution.building import documents
from shared.distribution.building.build import build_package
from shared.distribution.building.orders import Order
from tests.api import Api
from tests.distribution.building.test_build import SOUTH
from tests.distribution.index.test_customers import at_rest, context_now, version_of
from tests.distribution.reference_channel import ReferenceChannel
from tests.distribution.scenes import channel_of, run_all
from tests.e2e.hosts.server import Server

JOB = "1010"
PATIENCE = 60.0


async def test_builders_that_overtake_one_another_leave_no_gap(api: Api) -> None:
    made = [await api.create(addressBooks=["USRSA"]) for _ in range(3)]
    for one in made:
        await at_rest(one["id"], one["version"])

    async def build(run: str, *, is_full: bool) -> Any:
        order = Order("HOUSTON", JOB, run, SOUTH, is_full=is_full)
        packages = wiring.backend().packages
        return await build_package(order, packages=packages, context=context_now())

    runs = [(f"run{number // 2}", number % 4 < 2) for number in range(10)]  # each told twice
    built = await asyncio.gather(*(build(run, is_full=full) for run, full in runs))
    packages = await documents.packages_above("HOUSTON", JOB, 0, context_now())
    by_run = {run: {one.package.number for (name, _), one in zip(runs, built, strict=True)
                    if name == run and one.package} for run, _ in runs}  # fmt: skip

    assert [one.number for one in packages] == list(range(1, len(packages) + 1))
    assert [one.start for one in packages[1:]] == [one.to for one in packages[:-1]]
    assert all(len(numbers) <= 1 for numbers in by_run.values()), "one package for a run"
    assert len({one.run for one in packages}) == len(packages)


async def test_two_builders_with_changes_between_them_are_exact(api: Api) -> None:
    made = await api.create(addressBooks=["USRSA"])
    await at_rest(made["id"], made["version"])
    houston = channel_of(api, "HOUSTON")
    await run_all(api, ("1110", "1070", "1040", "1150", JOB))
    for number in range(4):
        edit = {"lastName": f"Name {number}"}
        await api.call("PATCH", f"customers/{made['id']}", edit, if_match="*")
        await at_rest(made["id"], await version_of(api, made["id"]))
        await asyncio.gather(run_all(api, (JOB,)), run_all(api, (JOB,)))
        await houston.catch_up()

        assert houston.table(JOB, "customers")[made["id"]]["lastName"] == f"Name {number}"


def started(office: httpx.Client, **body: Any) -> str:
    answer = office.post(f"/distribution-jobs/{JOB}/runs", json=body)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def ended(office: httpx.Client, run: str) -> dict[str, Any]:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found: dict[str, Any] = office.get(f"/distribution-jobs/{JOB}/runs/{run}").json()
        if found["endedAt"]:
            return found
        time.sleep(0.1)
    raise AssertionError(found)


async def held(server: Server, token: str) -> ReferenceChannel:
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        base = f"{server.url}/api/v1/USRT"
        channel = ReferenceChannel(client, base, "HOUSTON", token, step=200_000)
        await channel.catch_up()
        return channel


async def in_book(data: Path) -> set[str]:
    """Return the customers that the store of a stopped host has for Houston."""
    store = SqliteDocuments(Folder(data).database)
    position: str | None = None
    found: set[str] = set()
    while True:
        changes = await store.changes("customers", position, 1_000)
        position = changes.position
        if not changes.documents:
            store.close()
            return found
        bodies = [one.body for one in changes.documents if one.body["type"] == "customer"]
        found |= {one["id"] for one in bodies if "USRSA" in one["addressBooks"]}


def test_a_host_that_is_killed_while_it_builds(
    tmp_path: Path, scale: Callable[[int, int], int]
) -> None:
    chance = random.Random(7)
    server = Server(tmp_path / "data", "--demo")
    runs = []
    for number in range(scale(3, 20)):
        with server.client("Administrator") as office:
            runs.append(started(office, full=number % 2 == 0))
            time.sleep(chance.random() * 0.6)
        server.kill()
        server = Server(tmp_path / "data")
    with server.client("Administrator") as office:
        outcomes = [ended(office, run) for run in runs]
        # The feed of a file tells in one order, so what was there before is in the index, too.
        body = {"storeNumber": "HOUSTON", "lastName": "Last", "addressBooks": ["USRSA"]}
        with server.client("Application") as shop:
            newest = shop.post("/customers", json=body).json()
        includes = [{"customerId": newest["id"], "version": newest["version"]}]
        last = ended(office, started(office, full=True, includes=includes))
    channel = asyncio.run(held(server, server.token("Application", "--store", "HOUSTON")))
    server.stop()
    [group] = [one for one in last["groups"] if one["channelDatabaseGroup"] == "HOUSTON"]
    numbers = [one["number"] for run in outcomes for one in run["groups"]
               if one["channelDatabaseGroup"] == "HOUSTON" and one["number"]]  # fmt: skip

    assert {run["status"] for run in outcomes} <= {"Succeeded", "NoData"}
    assert sorted(set(numbers)) == sorted(numbers), "no number twice"
    assert channel.at[JOB] == group["number"]
    assert last["lacking"] == []
    assert set(channel.table(JOB, "customers")) == asyncio.run(in_book(tmp_path / "data"))
