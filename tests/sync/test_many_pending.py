"""Many customers at once who await their numbers, over the endpoint and the broker."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from function_app import app
from local.bus.choice import Opened
from local.bus.servicebus import ServiceBusSource
from local.demo import company as demo
from local.folder import Folder
from local.host.app import Host
from local.tokens import Bearer
from shared.composition import wiring
from shared.platform.settings import Settings
from shared.platform.topology import Messaging, messaging
from tests.api import COMPANY, Api, a_customer, started
from tests.doubles import servicebus
from tests.doubles.cosmos.endpoint import Endpoint
from tests.doubles.cosmos.server import served_elsewhere
from tests.doubles.cosmos.stores import cosmos_documents
from tests.servicebus_layout import configuration

SWITCHES = ("performance-improvements-for-customer-orders", "enhanced-async-customer-creation")
CALLERS = 8


@pytest.fixture(params=[1, 10], ids=["one company", "ten companies"])
def companies(request: pytest.FixtureRequest) -> list[str]:
    return [COMPANY, *(f"C{number:03}" for number in range(1, request.param))]


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with served_elsewhere() as endpoint:
        yield endpoint


@pytest.fixture
async def api(
    folder: Folder, endpoint: Endpoint, tmp_path: Path, companies: list[str]
) -> AsyncIterator[Api]:
    name = tmp_path.name
    async with cosmos_documents(endpoint, name) as documents:
        for company in companies:
            context = folder.backend(documents).context(company, "application:test", _now())
            await demo.configure(context)
    with servicebus.serve(configuration(messaging())) as broker:

        @asynccontextmanager
        async def open_bus(_: Folder, layout: Messaging) -> AsyncIterator[Opened]:
            bus = wiring.connect_bus(Settings(SERVICEBUS=broker.connection_string))
            source = ServiceBusSource(bus.client, layout)
            yield Opened(bus, source)
            await source.close()
            await bus.close()

        host = Host(app, folder, lambda _: cosmos_documents(endpoint, name), open_bus)
        async with AsyncExitStack() as stack:
            yield await started(host, stack)


async def test_all_get_their_numbers_and_no_session_waits(
    api: Api, companies: list[str], scale: Callable[[int, int], int]
) -> None:
    count = scale(40, 10_000)
    bearer = Bearer("Application", tuple(companies), subject="web")
    headers = {"authorization": f"Bearer {api.token(bearer)}", "prefer": "respond-async"}
    for company in companies:
        await _switch_on(api, company)
    numbers = iter(range(count))
    begun = time.monotonic()

    async def call() -> None:
        for number in numbers:
            company = companies[number % len(companies)]
            body = a_customer(firstName=f"K{number}")
            path = f"/api/v1/{company}/customers"
            response = await api.client.post(path, json=body, headers=headers)
            assert response.status_code == 202, response.text

    await asyncio.gather(*(call() for _ in range(CALLERS)))
    created = time.monotonic() - begun
    async with asyncio.timeout(60 + count):
        waits = await _waits(api, count)
    synced = time.monotonic() - begun

    assert waits[-1] < scale(30, 60) + created, "no session waited a minute"
    print(  # noqa: T201  # figures for whoever looks
        f"{count} in {len(companies)} companies: {count / created:.1f}/s created, "
        f"{count / synced:.1f}/s numbered, waits median {waits[count // 2]:.1f} s, "
        f"longest {waits[-1]:.1f} s"
    )


async def _switch_on(api: Api, company: str) -> None:
    bearer = Bearer("Administrator", (company,), subject="ada")
    for feature in SWITCHES:
        path = f"/api/v1/{company}/features/{feature}"
        response = await api.call("PUT", path, {"enabled": True}, bearer=bearer, if_match="*")
        assert response.status_code == 200, response.text


async def _waits(api: Api, count: int) -> list[float]:
    """Wait for all conversions; return how long each took from its request, sorted."""
    waits: dict[str, float] = {}
    position: str | None = None
    while len(waits) < count:
        changes = await api.documents.changes("customers", position, 500)
        position = changes.position
        for document in changes.documents:
            body = document.body
            if body.get("type") == "sync-operation" and body["completedAt"]:
                asked, done = (datetime.fromisoformat(body[n]) for n in ("askedAt", "completedAt"))
                waits[body["customerId"]] = (done - asked).total_seconds()
        if not changes.documents:
            await asyncio.sleep(0.2)
    return sorted(waits.values())


def _now() -> datetime:
    return datetime.now(UTC)
