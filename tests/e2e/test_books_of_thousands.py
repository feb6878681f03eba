"""Real customers in the books of sixty associates of six stores, over HTTP."""

import asyncio
import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from local.maps import guid
from tests.e2e.hosts.server import ROOT, Server, serving
from tests.real import read

STORES, ASSOCIATES, AT_ONCE = 6, 10, 6
ZONE = "America/Chicago"

Line = dict[str, Any]


async def test_every_client_is_found_in_exactly_one_book(
    tmp_path: Path, real_customers: Path
) -> None:
    lines = read(real_customers)
    known = {guid("USRT", f"adventureworks:{one['key']}"): one for one in lines}
    with serving(tmp_path / "data", "--demo") as server:
        load(server, real_customers)
        headers = {"Authorization": f"Bearer {server.token('Administrator')}"}
        async with httpx.AsyncClient(
            base_url=f"{server.url}/api/v1/USRT", headers=headers, timeout=120
        ) as client:
            await configure(client)
            await measure(client, known)
            await fill(client, list(known))
            [card] = await page(client, associate(0, 0))
            own = await every(client, f"client-books/{associate(0, 0)}/clients", limit="20")
            today = datetime.now(UTC).astimezone(ZoneInfo(ZONE)).date()
            near = await in_stores(client, filter="birthday:within:30")
            still_today = datetime.now(UTC).astimezone(ZoneInfo(ZONE)).date()
            everybody = await in_stores(client, filter="orders:ge:0")
            facets = await count_facets(client)

    line = known[card["customerId"]]
    assert [(one["name"], one["raw"]) for one in card["slots"]] == [
        ("lifetimeValue", line["lifetimeValue"]),
        ("orders", line["orders"]),
        ("birthday", line["birthDate"]),
    ]
    assert len(own) == len(set(own)) == len(list(known)[:: STORES * ASSOCIATES])
    assert sorted(everybody) == sorted(known)
    expected = {
        key for key, one in known.items()
        if is_near(date.fromisoformat(one["birthDate"]), today)
    }  # fmt: skip
    assert today == still_today, "it was midnight; run it again"
    assert set(near) == expected
    assert facets == Counter(one["favouriteCategory"] for one in lines if one["favouriteCategory"])


def load(server: Server, file: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "local", "import", str(file), "--legal-entity", "USRT",
         "--store", "HOUSTON", "--map", "local/maps/adventureworks.json", "--url", server.url,
         "--data", str(server.data)],
        cwd=ROOT, check=True, capture_output=True, timeout=300,
    )  # fmt: skip


def associate(store: int, number: int) -> str:
    return f"9{store}{number:04}"


async def configure(client: httpx.AsyncClient) -> None:
    """Make six stores with ten associates each; an address book says who works where."""
    template = (await client.get("/settings/stores/HOUSTON")).json()
    for store in range(STORES):
        book = f"BOOK{store}"
        await put(client, f"address-books/{book}", {"name": book})
        body = {name: one for name, one in template.items() if name != "etag"}
        body |= {"storeNumber": f"S{store}", "timeZone": ZONE, "employeeAddressBooks": [book]}
        await put(client, f"stores/S{store}", body)
        for number in range(ASSOCIATES):
            who = associate(store, number)
            worker = {"personnelNumber": who, "name": who, "employeeAddressBooks": [book]}
            await put(client, f"workers/{who}", worker)


async def put(client: httpx.AsyncClient, path: str, body: Any) -> None:
    response = await client.put(f"/settings/{path}", json=body)
    assert response.status_code == 201, response.text


async def measure(client: httpx.AsyncClient, known: dict[str, Line]) -> None:
    """Import two measures of everybody, a thousand at a time."""
    keys = list(known)
    for name in ("lifetimeValue", "orders"):
        for start in range(0, len(keys), 1000):
            values = {key: known[key][name] for key in keys[start : start + 1000]}
            response = await client.put(f"/measures/{name}", json={"values": values})
            assert response.json()["written"] == len(values), response.text


async def page(client: httpx.AsyncClient, book: str) -> list[Line]:
    found: list[Line] = (await client.get(f"/client-books/{book}/clients?limit=1")).json()["items"]
    return found


async def fill(client: httpx.AsyncClient, keys: list[str]) -> None:
    """Share the customers out over all books, a hundred at a time."""
    books = [associate(store, number) for store in range(STORES) for number in range(ASSOCIATES)]
    gate = asyncio.Semaphore(AT_ONCE)

    async def add(book: str, some: list[str]) -> None:
        async with gate:
            response = await client.post(
                f"/client-books/{book}/clients", json={"customerIds": some}
            )
        assert (response.status_code, response.json()["done"]) == (201, len(some)), response.text

    shares = {book: keys[index :: len(books)] for index, book in enumerate(books)}
    async with asyncio.TaskGroup() as tasks:
        for book, share in shares.items():
            for start in range(0, len(share), 100):
                tasks.create_task(add(book, share[start : start + 100]))


async def in_stores(client: httpx.AsyncClient, **query: str) -> list[str]:
    paths = [f"stores/S{store}/clients" for store in range(STORES)]
    found = await asyncio.gather(*(every(client, path, limit="100", **query) for path in paths))
    return [key for keys in found for key in keys]


async def every(client: httpx.AsyncClient, path: str, **query: str) -> list[str]:
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        response = await client.get(f"/{path}", params=query | cursor)
        assert response.status_code == 200, response.text
        page = response.json()
        found += [one["customerId"] for one in page["items"]]
        if page["nextCursor"] is None:
            return found
        cursor = {"cursor": page["nextCursor"]}


async def count_facets(client: httpx.AsyncClient) -> Counter[str]:
    total: Counter[str] = Counter()
    for store in range(STORES):
        query = {"facets": "interests", "limit": "1"}
        page = (await client.get(f"/stores/S{store}/clients", params=query)).json()
        total.update({one["value"]: one["count"] for one in page["facets"]["interests"]})
    return total


def is_near(born: date, today: date) -> bool:
    """Tell it the plain way: is one of today and the next thirty days her birthday?"""
    for number in range(31):
        day = today + timedelta(days=number)
        leapless = (born.month, born.day) == (2, 29) and not _has_leap_day(day.year)
        if (day.month, day.day) == ((2, 28) if leapless else (born.month, born.day)):
            return True
    return False


def _has_leap_day(year: int) -> bool:
    return (date(year, 3, 1) - timedelta(days=1)).day == 29
