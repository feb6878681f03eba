"""Measures over HTTP: the connection to Customer Insights, and values that are imported."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from function_app import app
from local.folder import Folder
from local.host.app import Host
from local.store.choice import OpenStore
from shared.composition import wiring
from shared.measures.imported import load_measures
from shared.ports.insights import Client, Insights
from tests.api import ADMINISTRATOR, APPLICATION, COMPANY, MANAGER, Api, started
from tests.doubles.insights.server import (
    ALTERNATE,
    ENVIRONMENT,
    RETIRED,
    SECRET,
    SECRET_NAME,
    Drawer,
    Server,
    running,
)
from tests.doubles.insights.server import APPLICATION as APPLICATION_ID

NOBODY = "3f0c0000-0000-4000-8000-000000000000"
CONNECTION = {
    "enabled": True,
    "applicationId": APPLICATION_ID,
    "secretName": SECRET_NAME,
    "environmentInstanceId": ENVIRONMENT,
    "alternateCustomerId": ALTERNATE,
    "measures": ["LifetimeSpend", "Orders"],
}
DEFINITIONS: list[dict[str, Any]] = [
    {"name": "LifetimeSpend", "label": "Lifetime spend", "dataType": "Currency",
     "currency": "USD", "translations": {"de": "Umsatz"}},
    {"name": "Orders", "label": "Orders", "dataType": "Integer"},
    {"name": "Favourite", "label": "Favourite", "dataType": "Text"},
    {"name": "Score", "label": "Score", "dataType": "Decimal"},
]  # fmt: skip


@dataclass
class Connected:
    """An API that is connected to a Customer Insights of the tests, with its secrets."""

    api: Api
    server: Server
    drawer: Drawer

    async def patch(self, **part: Any) -> httpx.Response:
        return await patched(self.api, **part)

    async def health(self) -> dict[str, Any]:
        return await health_of(self.api)


@pytest.fixture
async def connected(folder: Folder, open_store: OpenStore) -> AsyncIterator[Connected]:
    drawer = Drawer()
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(running())

        @asynccontextmanager
        async def open_insights() -> AsyncIterator[Insights]:
            adapter = server.adapter(drawer, patience=0.5)
            yield adapter
            await adapter.close()

        host = Host(app, folder, open_store, open_insights=open_insights)
        yield Connected(await started(host, stack), server, drawer)


async def patched(api: Api, **part: Any) -> httpx.Response:
    body = {"customerInsights": part}
    return await api.call("PATCH", "parameters", body, bearer=ADMINISTRATOR, if_match="*")


async def health_of(api: Api) -> dict[str, Any]:
    part: dict[str, Any] = (await api.get("parameters")).json()["customerInsights"]
    health: dict[str, Any] = part["health"]
    return health


async def define(api: Api) -> None:
    for one in DEFINITIONS:
        response = await api.put_setting("measures", one["name"], one)
        assert response.status_code == 201, response.text


async def load(api: Api, name: str, values: Any, **how: Any) -> httpx.Response:
    return await api.call("PUT", f"measures/{name}", {"values": values}, **how)


async def values_of(api: Api, customer: dict[str, Any]) -> dict[str, Any]:
    return dict((await load_measures(api.documents, COMPANY, customer["id"])).values)


async def test_a_connection_that_works_is_enabled(connected: Connected) -> None:
    connected.drawer.put(SECRET, expires_at=datetime.now(UTC) + timedelta(days=10))
    before = await connected.health()
    response = await connected.patch(**CONNECTION)
    after = await connected.health()

    assert before == {
        "status": "off", "checkedAt": None, "detail": "", "secretExpiresAt": None,
        "secretExpiresSoon": False,
    }  # fmt: skip
    assert response.status_code == 200, response.text
    part = response.json()["customerInsights"]
    assert {name: part[name] for name in CONNECTION} == CONNECTION
    assert part["health"] == after
    assert (after["status"], after["secretExpiresSoon"]) == ("ok", True)
    assert after["checkedAt"]
    assert after["secretExpiresAt"].endswith("Z")


def _late(connected: Connected) -> None:
    connected.server.gate.clear()


def _down(connected: Connected) -> None:
    connected.server.status = 500


def _expired(connected: Connected) -> None:
    connected.drawer.put(RETIRED)


def _well(_: Connected) -> None:
    pass


@pytest.mark.parametrize(
    ("but", "fault", "pointer", "code"),
    [
        ({"secretName": "nowhere"}, _well, "secretName", "secret-unreadable"),
        ({"secretName": None}, _well, "secretName", "incomplete-connection"),
        ({}, _expired, "secretName", "secret-expired"),
        ({"applicationId": "nobody"}, _well, "applicationId", "token-refused"),
        ({"environmentInstanceId": "nowhere"}, _well, "environmentInstanceId",
         "environment-unknown"),
        ({"alternateCustomerId": "Shoe"}, _well, "alternateCustomerId", "alternate-id-unknown"),
        ({"measures": ["Orders", "Shoes"]}, _well, "measures/1", "measure-unknown"),
        ({}, _late, "enabled", "insights-timeout"),
        ({}, _down, "enabled", "insights-unavailable"),
    ],
)  # fmt: skip
async def test_a_connection_that_does_not_work_stays_off(
    connected: Connected, but: dict[str, Any], fault: Any, pointer: str, code: str
) -> None:
    fault(connected)
    before = await connected.api.get("parameters")
    response = await connected.patch(**CONNECTION | but)
    after = await connected.api.get("parameters")

    assert response.status_code == 422
    [error] = response.json()["errors"]
    assert (error["pointer"], error["code"]) == (f"/customerInsights/{pointer}", code)
    assert error["detail"]
    assert after.json() == before.json()
    assert after.headers["ETag"] == before.headers["ETag"]


async def test_only_what_changes_of_the_connection_is_tried(connected: Connected) -> None:
    await connected.patch(**CONNECTION | {"enabled": False, "secretName": "nowhere"})
    unasked = list(connected.server.log)
    await connected.patch(**CONNECTION)
    asked = len(connected.server.log)
    _down(connected)
    await connected.api.set_parameters(duplicatePolicy="warn")
    broken = await connected.patch(measures=["Favourite"])
    off = await connected.patch(enabled=False, measures=["Favourite"])

    assert unasked == []
    assert asked == 3
    assert broken.status_code == 422
    assert off.status_code == 200
    assert (await connected.health())["status"] == "off"


async def test_a_stale_change_is_not_tried(connected: Connected) -> None:
    response = await connected.api.call(
        "PATCH", "parameters", {"customerInsights": CONNECTION}, bearer=ADMINISTRATOR,
        if_match='"old"',
    )  # fmt: skip

    assert response.status_code == 412
    assert connected.server.log == []


@pytest.mark.parametrize(
    ("part", "pointer"),
    [
        ({"health": {"status": "ok"}}, "/customerInsights/health"),
        ({"measures": ["Orders", "Orders"]}, "/customerInsights/measures"),
        ({"measures": list("abcd")}, "/customerInsights/measures"),
        ({"alternateCustomerId": "a eq 'b'"}, "/customerInsights/alternateCustomerId"),
    ],
)
async def test_what_is_no_connection_is_not_stored(
    api: Api, part: dict[str, Any], pointer: str
) -> None:
    response = await patched(api, **part)

    assert response.status_code == 422
    assert {error["pointer"] for error in response.json()["errors"]} == {pointer}


async def test_measures_come_from_customer_insights(connected: Connected) -> None:
    api = connected.api
    await define(api)
    karen, tom = await api.create(), await api.create(firstName="Tom")
    connected.server.customers[karen["accountNumber"]] = {"LifetimeSpend": 99.5, "Orders": 2}
    await connected.patch(**CONNECTION)
    asked = len(connected.server.log)
    clients = [Client(one["id"], one["accountNumber"]) for one in (karen, tom)]
    page = await wiring.backend().measures.page(COMPANY, clients)
    await wiring.backend().measures.page(COMPANY, clients)
    await connected.health()

    assert [one.label for one in page.definitions] == ["Lifetime spend", "Orders"]
    assert page.definitions[0].translations == {"de": "Umsatz"}
    assert page.values == {karen["id"]: {"LifetimeSpend": 99.5, "Orders": 2}, tom["id"]: {}}
    assert len(connected.server.log) == asked + 1


async def test_a_source_in_trouble_is_seen_in_the_parameters(connected: Connected) -> None:
    await connected.patch(**CONNECTION)
    connected.drawer.secrets.clear()
    connected.server.revoke()
    page = await wiring.backend().measures.page(COMPANY, [Client("k", "004021")])
    health = await connected.health()

    assert page.status == "unavailable"
    assert health["status"] == "unavailable"
    assert SECRET_NAME in health["detail"]


async def test_imported_values_need_no_customer_insights(api: Api) -> None:
    await define(api)
    karen, tom = await api.create(), await api.create(firstName="Tom")
    by_number = {karen["accountNumber"]: 7, tom["id"].upper(): 1}
    loaded = await load(api, "Orders", by_number | {NOBODY: 1, "no/body": 2})
    await load(api, "LifetimeSpend", {karen["id"]: 1234.5}, bearer=ADMINISTRATOR)
    await load(api, "Favourite", {karen["id"]: "Shoes"})
    enabled = await patched(api, enabled=True, measures=["LifetimeSpend", "Orders"])
    imported = await values_of(api, karen)
    clients = [Client(karen["id"], karen["accountNumber"], imported)]
    page = await wiring.backend().measures.page(COMPANY, clients)

    assert loaded.json() == {"written": 2, "unchanged": 0, "unknown": [NOBODY, "no/body"]}
    assert imported == {"Orders": 7, "LifetimeSpend": 1234.5, "Favourite": "Shoes"}
    assert await values_of(api, tom) == {"Orders": 1}
    assert enabled.status_code == 200, enabled.text
    assert page.values == {karen["id"]: {"LifetimeSpend": 1234.5, "Orders": 7}}
    assert (await health_of(api))["status"] == "ok"


async def test_a_measure_to_show_must_be_defined_where_values_are_imported(api: Api) -> None:
    await define(api)
    response = await patched(api, enabled=True, measures=["Orders", "Shoes"])

    [error] = response.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/customerInsights/measures/1", "measure-unknown")


async def test_the_same_import_again_changes_nothing(api: Api) -> None:
    await define(api)
    karen, tom = await api.create(), await api.create(firstName="Tom")
    await load(api, "Orders", {karen["id"]: 7, tom["id"]: 1})
    before = await api.documents.read("customers", (COMPANY, karen["id"]), "measures")
    again = await load(api, "Orders", {karen["id"]: 7, tom["id"]: 2})
    after = await api.documents.read("customers", (COMPANY, karen["id"]), "measures")

    assert again.json() == {"written": 1, "unchanged": 1, "unknown": []}
    assert before
    assert after
    assert after.etag == before.etag
    fields = {"id", "type", "customerId", "values"}
    assert {name: after.body[name] for name in fields} == {
        "id": "measures", "type": "measures", "customerId": karen["id"], "values": {"Orders": 7},
    }  # fmt: skip


async def test_imports_of_several_measures_at_once_lose_nothing(api: Api) -> None:
    await define(api)
    people = [await api.create(firstName=f"Karen{number}") for number in range(5)]
    loaded = await asyncio.gather(
        *(
            load(api, name, {one["id"]: value for one in people})
            for name, value in (("Orders", 1), ("Score", 0.5), ("Favourite", "Bikes"))
        )
    )

    assert [one.json()["written"] for one in loaded] == [5, 5, 5]
    for one in people:
        assert await values_of(api, one) == {"Orders": 1, "Score": 0.5, "Favourite": "Bikes"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Orders", 1.5), ("Orders", "7"), ("Orders", True), ("Orders", 2**60), ("Orders", None),
        ("LifetimeSpend", "much"), ("Favourite", 7), ("Favourite", ""), ("Favourite", "x" * 251),
        ("Score", [1]),
    ],
)  # fmt: skip
async def test_values_are_of_the_type_of_their_measure(api: Api, name: str, value: Any) -> None:
    await define(api)
    karen = await api.create()
    response = await load(api, name, {karen["accountNumber"]: value})

    assert response.status_code == 422, response.text
    pointers = {error["pointer"] for error in response.json()["errors"]}
    assert pointers == {f"/values/{karen['accountNumber']}"}
    assert await values_of(api, karen) == {}


async def test_an_import_has_a_size_and_a_measure(api: Api) -> None:
    await define(api)
    many = {f"{number:06}": 1 for number in range(1001)}

    assert (await load(api, "Orders", {})).status_code == 422
    assert (await load(api, "Orders", many)).status_code == 422
    nothing = await load(api, "Shoes", {"004021": 1})
    assert (nothing.status_code, nothing.json()["code"]) == (404, "measure-not-defined")
    assert (await load(api, "Orders", {"004021": 1}, bearer=MANAGER)).status_code == 403
    assert (await load(api, "Orders", {"004021": 1}, bearer=APPLICATION)).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"dataType": "Currency"},
        {"dataType": "Integer", "currency": "USD"},
        {"dataType": "Currency", "currency": "XXX"},
        {"dataType": "Date"},
        {"dataType": "Text", "translations": {"German": "x"}},
    ],
)
async def test_a_definition_makes_sense(api: Api, body: dict[str, Any]) -> None:
    response = await api.put_setting("measures", "m", {"name": "m", "label": "M"} | body)

    assert response.status_code == 422


async def test_a_definition_that_is_shown_is_kept(api: Api) -> None:
    await define(api)
    await patched(api, enabled=True, measures=["Orders"])
    path = "settings/measures/Orders"
    shown = await api.call("DELETE", path, bearer=ADMINISTRATOR, if_match="*")
    await patched(api, measures=["Score"])
    gone = await api.call("DELETE", path, bearer=ADMINISTRATOR, if_match="*")

    assert (shown.status_code, shown.json()["usedBy"]) == (409, ["parameters/parameters"])
    assert gone.status_code == 204
