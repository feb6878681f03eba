"""Thousands of clients handed over, and back, while the host is killed on the way."""

import asyncio
import json
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from local.folder import Folder
from tests.api import ADMINISTRATOR, BASE
from tests.e2e.hosts.faulty import FaultyHost

BOOK = "/client-books/000137"


@pytest.fixture
async def host(configured: Path, tmp_path: Path) -> AsyncIterator[FaultyHost]:
    host = FaultyHost(Path(shutil.copytree(configured, tmp_path / "data")))
    host.start()
    yield host
    host.stop()


@pytest.fixture
async def client(host: FaultyHost) -> AsyncIterator[httpx.AsyncClient]:
    token = Folder(host.data).tokens().issue(ADMINISTRATOR)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=host.url + BASE, headers=headers, timeout=60) as client:
        yield client


async def fill(client: httpx.AsyncClient, keys: list[str]) -> None:
    lines = [
        {"storeNumber": "HOUSTON", "id": key, "lastName": f"Berg{number:05}"}
        for number, key in enumerate(keys)
    ]
    sent = await client.post(
        "/imports", content="\n".join(json.dumps(one) for one in lines),
        headers={"Content-Type": "application/x-ndjson"},
    )  # fmt: skip
    where = f"/imports/{sent.json()['id']}"
    while (await client.get(where)).json()["status"] != "Completed":
        await asyncio.sleep(0.2)
    for start in range(0, len(keys), 100):
        some = {"customerIds": keys[start : start + 100]}
        response = await client.post(f"{BOOK}/clients", json=some)
        assert (response.status_code, response.json()["done"]) == (201, 100), response.text


async def held(client: httpx.AsyncClient, number: str) -> list[str]:
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (
            await client.get(f"/client-books/{number}/clients", params={"limit": "100"} | cursor)
        ).json()
        found += [one["customerId"] for one in page["items"]]
        if page["nextCursor"] is None:
            return found
        cursor = {"cursor": page["nextCursor"]}


async def read(client: httpx.AsyncClient, where: str) -> dict[str, Any]:
    plan: dict[str, Any] = (await client.get(where)).json()
    return plan


async def killed_on_the_way(
    client: httpx.AsyncClient, host: FaultyHost, where: str, end: str
) -> dict[str, Any]:
    """Kill the host when the plan is half done, start it again, and wait for the end."""
    while (plan := await read(client, where))["chunksDone"] < plan["chunks"] // 2:
        await asyncio.sleep(0.02)
    host.kill()
    await asyncio.to_thread(host.start)
    between = await read(client, where)
    assert between["status"] != end, "it was killed too late to say anything"
    async with asyncio.timeout(120):
        while (plan := await read(client, where))["status"] != end:
            await asyncio.sleep(0.1)
    return plan


async def test_thousands_go_and_come_back_exactly(
    host: FaultyHost, client: httpx.AsyncClient, scale: Callable[[int, int], int]
) -> None:
    count = scale(2000, 5000)
    keys = [str(UUID(int=number + 1)) for number in range(count)]
    await fill(client, keys)
    cashier = "/settings/workers/000110"
    seeing = (await client.get(cashier)).json() | {"permissionGroup": "Associate"}
    await client.put(cashier, json=seeing, headers={"If-Match": "*"})
    rule = {"rule": "Evenly", "storeNumber": "HOUSTON"}
    plan = (await client.post(f"{BOOK}/handover-plans", json=rule)).json()
    where = f"{BOOK}/handover-plans/{plan['id']}"
    await client.post(f"{where}/execution")
    executed = await killed_on_the_way(client, host, where, "Executed")
    spread = {number: await held(client, number) for number in ("000110", "000137", "000160")}
    await client.post(f"{where}/undo")
    undone = await killed_on_the_way(client, host, where, "Undone")
    back = {number: await held(client, number) for number in ("000110", "000137", "000160")}

    assert (plan["total"], plan["targets"]) == (count, {"000110": count // 2, "000160": count // 2})
    assert (executed["moved"], executed["refused"]) == (count, 0)
    assert {number: len(keys) for number, keys in spread.items()} == {
        "000110": count // 2, "000137": 0, "000160": count // 2,
    }  # fmt: skip
    assert Counter(key for held_ones in spread.values() for key in held_ones) == Counter(keys)
    assert (undone["returned"], undone["kept"]) == (count, 0)
    assert back["000137"] == keys, "in the order of their names, as before"
    assert back["000110"] == back["000160"] == []
