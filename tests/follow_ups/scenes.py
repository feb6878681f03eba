"""Clients with follow-ups, and days to plan them for."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from local.tokens import Bearer
from shared.clienteling.clients import move_client
from shared.composition import wiring
from shared.context import Context
from tests.api import (
    ADMINISTRATOR,
    COMPANY,
    Api,
)

TRICIA = Bearer("Employee", (COMPANY,), personnel_number="000137", store_number="HOUSTON")


BOSS = "000160"


BOOK = "client-books/000137"


PATH = f"{BOOK}/follow-ups"


NOON = datetime(2031, 5, 4, 17, tzinfo=UTC)  # in Houston it is noon


def context(now: datetime = NOON) -> Context:
    return wiring.backend().context(COMPANY, "system:follow-ups", now)


def days_from_now(days: int) -> str:
    return (datetime.now(ZoneInfo("America/Chicago")).date() + timedelta(days=days)).isoformat()


async def a_client(api: Api, bearer: Bearer = TRICIA, **but: Any) -> dict[str, Any]:
    made = await api.create(**but)
    path = f"client-books/{bearer.personnel_number}/clients"
    response = await api.post(path, {"customerIds": [made["id"]]}, bearer=bearer)
    assert response.status_code == 201, response.text
    return made


async def plan(api: Api, customer: dict[str, Any], **but: Any) -> dict[str, Any]:
    body = {"customerId": customer["id"], "subject": "Call her", "dueOn": days_from_now(1)} | but
    response = await api.post(PATH, body, bearer=TRICIA)
    assert response.status_code == 201, response.text
    return Api.read(response) | {"etag": response.headers["etag"]}


async def listed(
    api: Api, query: str = "status=all", number: str = "000137"
) -> list[dict[str, Any]]:
    path = f"client-books/{number}/follow-ups?{query}"
    response = await api.get(path, bearer=ADMINISTRATOR)
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items


async def subjects(api: Api, query: str = "status=all", number: str = "000137") -> list[str]:
    return [one["subject"] for one in await listed(api, query, number)]


async def edit(api: Api, one: dict[str, Any], bearer: Bearer = TRICIA, **how: Any) -> Any:
    if_match = how.pop("if_match", "*")
    return await api.call("PATCH", f"{PATH}/{one['id']}", how, bearer=bearer, if_match=if_match)


async def complete(api: Api, one: dict[str, Any], **how: Any) -> httpx.Response:
    body = {"outcome": "Reached"} | how
    return await api.post(f"{PATH}/{one['id']}/completion", body, bearer=TRICIA)


async def a_rule(api: Api, name: str = "Rule", **body: Any) -> httpx.Response:
    body = {"name": name, "days": 14, "subject": f"{name} of {{name}}"} | body
    response = await api.put_setting("follow-up-rules", name, body)
    assert response.status_code == 201, response.text
    return response


async def birthdays(api: Api, days: int = 14) -> None:
    await a_rule(api, kind="BeforeDate", attribute="birthday", days=days)


async def to_boss(key: str) -> None:
    await move_client("000137", key, BOSS, context=context(datetime.now(UTC)))
