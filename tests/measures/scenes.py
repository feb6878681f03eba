"""Measures that are defined, imported and read."""

from typing import Any

import httpx

from tests.api import ADMINISTRATOR, Api

DEFINITIONS: list[dict[str, Any]] = [
    {"name": "LifetimeSpend", "label": "Lifetime spend", "dataType": "Currency",
     "currency": "USD", "translations": {"de": "Umsatz"}},
    {"name": "Orders", "label": "Orders", "dataType": "Integer"},
    {"name": "Favourite", "label": "Favourite", "dataType": "Text"},
    {"name": "Score", "label": "Score", "dataType": "Decimal"},
]  # fmt: skip


async def patched(api: Api, **part: Any) -> httpx.Response:
    body = {"customerInsights": part}
    return await api.call("PATCH", "parameters", body, bearer=ADMINISTRATOR, if_match="*")


async def health_of(api: Api) -> dict[str, Any]:
    parameters = (await api.get("parameters", bearer=ADMINISTRATOR)).json()
    health: dict[str, Any] = parameters["customerInsights"]["health"]
    return health


async def define(api: Api) -> None:
    for one in DEFINITIONS:
        response = await api.put_setting("measures", one["name"], one)
        assert response.status_code == 201, response.text
