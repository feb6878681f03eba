"""Two thousand operations made offline: truncated, killed half way, sent twice side by side."""

import asyncio
import json
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import httpx
import pytest

from local.folder import Folder
from tests.api import BASE
from tests.e2e.hosts.faulty import FaultyHost

CUSTOMERS = 400  # each with five operations
SPACE = UUID("2f0c1b9a-52a4-4d2e-9d7f-0a2f4a2f7c11")
PATH = f"{BASE}/channels/HOUSTON/upload-sessions"


@pytest.fixture
def host(configured: Path, tmp_path: Path) -> Iterator[FaultyHost]:
    host = FaultyHost(Path(shutil.copytree(configured, tmp_path / "data")))
    yield host
    host.stop()


def operations() -> list[dict[str, Any]]:
    """Return the operations of all customers, each customer's in order, those of many mixed."""

    def one(number: int, step: int, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        return {
            "operationId": str(uuid5(SPACE, f"{number}:{step}")),
            "type": kind,
            "customerId": str(uuid5(SPACE, str(number))),
            "at": f"2026-11-20T10:0{step}:00Z",
            "body": body,
        }

    steps: list[tuple[str, dict[str, Any]]] = [
        ("create", {"firstName": "Karen", "lastName": "Berg"}),
        ("address", {"street": "1 Main St", "city": "Houston"}),
        ("note", {"text": "Likes red shoes"}),
        ("patch", {"firstName": "Carina"}),
        ("patch", {"firstName": "Cora"}),
    ]
    return [
        one(number, step, kind, body)
        for step, (kind, body) in enumerate(steps)
        for number in range(CUSTOMERS)
    ]


async def upload(client: httpx.AsyncClient, body: bytes) -> dict[str, Any]:
    """Send it until a session has come to its end, and return that."""
    while True:
        try:
            sent = await client.post(
                PATH, content=body, headers={"Content-Type": "application/x-ndjson"}
            )
            if sent.status_code == 202:
                while True:
                    url = f"{PATH}/{sent.json()['id']}?limit=1"
                    session: dict[str, Any] = (await client.get(url)).json()
                    if session["status"] == "Applied":
                        return session
                    await asyncio.sleep(0.1)
            assert sent.json()["code"] == "upload-session-running", sent.text
        except httpx.TransportError:
            pass  # it was killed this moment
        await asyncio.sleep(0.2)


async def kill_half_way(client: httpx.AsyncClient, host: FaultyHost) -> None:
    while len(host.customers()) < CUSTOMERS // 2:
        await asyncio.sleep(0.01)
    host.kill()
    await asyncio.to_thread(host.start)


def count(data: Path, kind: str) -> int:
    db = sqlite3.connect(Folder(data).database)
    try:
        [[found]] = db.execute(
            "SELECT count(*) FROM customers WHERE json_extract(body, '$.type') = ?", (kind,)
        ).fetchall()
        return int(found)
    finally:
        db.close()


async def test_two_thousand_operations_are_applied_exactly_once(host: FaultyHost) -> None:
    whole = "\n".join(json.dumps(one) for one in operations()).encode()
    host.start()
    async with (
        httpx.AsyncClient(base_url=host.url, headers=host.headers, timeout=60) as client,
        asyncio.TaskGroup() as tasks,
    ):
        tasks.create_task(kill_half_way(client, host))
        truncated = await upload(client, whole[: len(whole) // 2])
        first, second = await asyncio.gather(upload(client, whole), upload(client, whole))
    host.stop()
    customers = host.customers()

    assert (truncated["refused"], truncated["conflicts"], truncated["heldBack"]) == (1, 0, 0)
    for session in (first, second):
        assert session["total"] == 5 * CUSTOMERS
        assert session["applied"] + session["alreadyApplied"] == 5 * CUSTOMERS
        assert session["alreadyApplied"] >= truncated["applied"]
    assert len(customers) == CUSTOMERS + 1, "and the default customer"
    assert len({one[2] for one in customers}) == CUSTOMERS + 1
    versions = Counter(one[3] for one in customers)
    assert versions[4] == CUSTOMERS, "made, an address, and two edits"
    assert (count(host.data, "address"), count(host.data, "note")) == (CUSTOMERS, CUSTOMERS)
    assert count(host.data, "event") == 4 * CUSTOMERS + 1
