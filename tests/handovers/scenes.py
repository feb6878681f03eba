"""Books full of clients, and what becomes of a bulk move."""

import asyncio
from typing import Any

import httpx

from local.tokens import Bearer
from tests.api import ADMINISTRATOR, COMPANY, MANAGER, Api

TRICIA = Bearer("Employee", (COMPANY,), personnel_number="000137", store_number="HOUSTON")


BOOK = "client-books/000137"


PLANS = f"{BOOK}/handover-plans"


async def fill(api: Api, count: int, **but: Any) -> list[str]:
    """Put so many new customers into the book of Tricia."""
    made = [await api.create(firstName=f"C{number:03}", **but) for number in range(count)]
    keys = [one["id"] for one in made]
    for start in range(0, count, 100):
        some = {"customerIds": keys[start : start + 100]}
        response = await api.post(f"{BOOK}/clients", some, bearer=TRICIA)
        assert response.status_code == 201, response.text
    return keys


async def put_worker(api: Api, number: str, **but: Any) -> None:
    worker = (await api.get(f"settings/workers/{number}", bearer=ADMINISTRATOR)).json()
    put = await api.put_setting("workers", number, worker | but, if_match="*")
    assert put.status_code == 200, put.text


async def let_see_clients(api: Api) -> None:
    """Give the cashier a group that has the own client book."""
    await put_worker(api, "000110", permissionGroup="Associate")


async def reassign(api: Api, *, bearer: Bearer = MANAGER, **body: Any) -> httpx.Response:
    return await api.post(f"{BOOK}/reassignments", {"to": "000160"} | body, bearer=bearer)


async def clients(api: Api, number: str) -> list[dict[str, Any]]:
    return await api.every(f"client-books/{number}/clients?limit=100", bearer=ADMINISTRATOR)


async def keys_of(api: Api, number: str) -> set[str]:
    return {one["customerId"] for one in await clients(api, number)}


async def ended(api: Api, path: str, status: str) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while True:
            plan = Api.read(await api.get(f"{path}?limit=100", bearer=ADMINISTRATOR))
            if plan["status"] == status:
                return plan
            await asyncio.sleep(0.05)


async def plan(api: Api, **rule: Any) -> httpx.Response:
    return await api.post(PLANS, rule, bearer=MANAGER)
