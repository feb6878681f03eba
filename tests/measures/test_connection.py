"""The connection to Customer Insights over HTTP, and the measures that come from it."""

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
from shared.configuration.domain.companies import CustomerInsights
from shared.measures.measures import connection_of
from shared.ports.insights import Client, Insights, Secret
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
from tests.measures.scenes import define, health_of, patched

CONNECTION = {
    "enabled": True,
    "applicationId": APPLICATION_ID,
    "secretName": SECRET_NAME,
    "environmentInstanceId": ENVIRONMENT,
    "alternateCustomerId": ALTERNATE,
    "measures": ["LifetimeSpend", "Orders"],
}


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
        ({"secretName": "insights-USRT-nowhere"}, _well, "secretName", "secret-unreadable"),
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


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize(
    "name",
    [
        "cursor-key", "insights", "insights-", "insights-USRT", "insights-USRT-",
        "xinsights-USRT-a",
        "insights-DEMF-client", "insights-USRTX-client", "insights-*-client", "../../x",
        "vault://contoso-east/cursor-key", "vault://contoso-west/insights-USRT-client",
        "vault://a.evil.com/insights-USRT-client", "vault://contoso-east/../insights-USRT-client",
        "https://contoso-east/insights-USRT-client", "insights-USRT-\u0131",
    ],
)  # fmt: skip
async def test_a_company_names_no_secret_but_its_own(
    connected: Connected, name: str, enabled: bool
) -> None:
    before = await connected.api.get("parameters", bearer=ADMINISTRATOR)
    response = await connected.patch(**CONNECTION | {"secretName": name, "enabled": enabled})
    after = await connected.api.get("parameters", bearer=ADMINISTRATOR)

    [error] = response.json()["errors"]
    assert (response.status_code, error["pointer"], error["code"]) == (
        422, "/customerInsights/secretName", "secret-not-allowed"
    )  # fmt: skip
    assert after.json() == before.json()
    assert connected.server.log == []


async def test_a_company_names_its_own_secret_in_a_vault_that_is_listed(
    connected: Connected,
) -> None:
    connected.drawer.secrets["vault://Contoso-East/insights-usrt-client"] = Secret(SECRET)
    name = {"secretName": "vault://Contoso-East/insights-usrt-client"}

    assert (await connected.patch(**CONNECTION | name)).status_code == 200


async def test_a_secret_that_was_named_before_the_rule_is_used_no_more() -> None:
    stored = CustomerInsights(enabled=True, secret_name="cursor-key", application_id="a")

    assert connection_of(stored, COMPANY).secret_name is None
    assert connection_of(stored, COMPANY).application_id == "a"


async def test_only_head_office_sees_how_the_connection_signs_in(connected: Connected) -> None:
    connected.drawer.put(SECRET, expires_at=datetime.now(UTC) + timedelta(days=10))
    await connected.patch(**CONNECTION)
    whole = await connected.api.get("parameters", bearer=ADMINISTRATOR)
    assert whole.json()["customerInsights"]["secretName"] == SECRET_NAME
    for bearer in (MANAGER, APPLICATION):
        response = await connected.api.get("parameters", bearer=bearer)
        insights = response.json()["customerInsights"]

        assert response.status_code == 200
        assert {name for name, value in insights.items() if value} == {
            "enabled", "measures", "health"
        }  # fmt: skip
        assert {name: value for name, value in insights["health"].items() if value} == {
            "status": "ok"
        }
        assert not {SECRET_NAME, APPLICATION_ID, ENVIRONMENT} & set(response.text.split('"'))


async def test_only_what_changes_of_the_connection_is_tried(connected: Connected) -> None:
    await connected.patch(**CONNECTION | {"enabled": False, "secretName": "insights-usrt-nowhere"})
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
