"""Asynchronous creation end to end, on one machine's own parts and on those of Azure."""

import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from function_app import app
from local.host import messages as buses
from local.host.functions import read_functions
from tests.api import a_customer, an_email
from tests.doubles import servicebus
from tests.doubles.cosmos.endpoint import Endpoint
from tests.e2e.hosts.elsewhere import serving_on_azure
from tests.e2e.hosts.server import serving
from tests.servicebus_layout import configuration

LAYOUT = buses.layout(read_functions(app, {"COSMOS_DATABASE": "libro"}))
ASYNC = {"Prefer": "respond-async"}
SOON = 2.0  # seconds


@pytest.fixture(params=["embedded", "azure"])
def client(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[httpx.Client]:
    with ExitStack() as stack:
        if request.param == "embedded":
            server = stack.enter_context(serving(tmp_path / "data", "--demo"))
        else:
            endpoint: Endpoint = request.getfixturevalue("cosmos_endpoint")
            endpoint.copy(request.getfixturevalue("configured_cosmos"), tmp_path.name)
            broker = stack.enter_context(servicebus.serve(configuration(LAYOUT)))
            on_azure = serving_on_azure(tmp_path / "data", endpoint, tmp_path.name, broker)
            server = stack.enter_context(on_azure)
        yield stack.enter_context(server.client())


def converted(client: httpx.Client, key: str, patience: float) -> dict[str, str]:
    end = time.monotonic() + patience
    while time.monotonic() < end:
        found: dict[str, str] = client.get(f"/customers/{key}").json()
        if found["accountNumber"]:
            return found
        time.sleep(0.02)
    raise AssertionError(client.get(f"/customers/{key}/trace").text)


def found_by_number(client: httpx.Client, number: str, patience: float) -> dict[str, str]:
    """Return the customer; the directory follows the commit."""
    end = time.monotonic() + patience
    while True:
        response = client.get(f"/customers/{number}")
        if response.status_code == 200 or time.monotonic() > end:
            return dict(response.json())
        time.sleep(0.02)


def test_a_customer_made_asynchronously_gets_its_number_and_keeps_both_names(
    client: httpx.Client,
) -> None:
    made = client.post(
        "/customers", json=a_customer(contacts=[an_email("zenobia@example.com")]), headers=ASYNC
    )
    key = made.json()["id"]
    found = client.get("/customers", params={"q": "zenobia"}).json()["items"]
    synced = converted(client, key, 30)
    again = found_by_number(client, synced["accountNumber"], 30)
    [operation] = client.get(f"/customers/{key}/sync-operations").json()["items"]
    steps = client.get(f"/customers/{key}/trace").json()["steps"]

    assert (made.status_code, made.json()["displayAccount"]) == (202, "Pending sync")
    assert [one["id"] for one in found] == [key]
    assert again == synced
    assert (operation["status"], operation["attempts"]) == ("Synced", 1)
    assert {one["step"]: one["state"] for one in steps}["converted"] == "done"


def test_not_to_wait_is_not_slower_and_the_number_comes_soon(tmp_path: Path) -> None:
    with serving(tmp_path / "data", "--demo") as server, server.client() as client:
        times: dict[str, list[float]] = {"sync": [], "async": []}
        delays = []
        for number in range(30):
            for kind, headers in (("sync", {}), ("async", ASYNC)):
                body = a_customer(lastName=f"Berg{number}{kind}")
                started = time.monotonic()
                answer = client.post("/customers", json=body, headers=headers)
                times[kind].append(time.monotonic() - started)
            converted(client, answer.json()["id"], 10 * SOON)
            delays.append(time.monotonic() - started)
        medians = {kind: statistics.median(ones) for kind, ones in times.items()}
        print(f"\n{medians} ratio {medians['async'] / medians['sync']:.2f}")  # noqa: T201
        print(f"number there after {statistics.median(delays):.2f}, {max(delays):.2f} s")  # noqa: T201

        assert answer.status_code == 202
