"""Clients in a book, and the cards that are read of them."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx

from local.tokens import Bearer
from tests.api import (
    COMPANY,
    Api,
)

TRICIA = Bearer("Employee", (COMPANY,), personnel_number="000137", store_number="HOUSTON")


BOOK = "client-books/000137"


CLIENTS = f"{BOOK}/clients"


async def add(api: Api, *keys: str, bearer: Bearer = TRICIA) -> httpx.Response:
    path = f"client-books/{bearer.personnel_number}/clients"
    return await api.post(path, {"customerIds": list(keys)}, bearer=bearer)


async def a_client(api: Api, bearer: Bearer = TRICIA, **but: Any) -> dict[str, Any]:
    made = await api.create(**but)
    response = await add(api, made["id"], bearer=bearer)
    assert response.status_code == 201, response.text
    return made


async def know(api: Api, key: str, **attributes: Any) -> httpx.Response:
    return await api.call(
        "PATCH", f"{CLIENTS}/{key}", {"attributes": attributes}, bearer=TRICIA, if_match="*"
    )


async def cards(api: Api, query: str = "", path: str = CLIENTS, **how: Any) -> list[dict[str, Any]]:
    response = await api.get(f"{path}?{query}", **({"bearer": TRICIA} | how))
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(20):
        while not await condition():
            await asyncio.sleep(0.05)
