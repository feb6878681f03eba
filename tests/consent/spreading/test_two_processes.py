"""A withdrawal is seen in every process from the moment it is answered."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.api import a_customer, an_email
from tests.doubles.cosmos.endpoint import Endpoint
from tests.doubles.cosmos.server import connection_string
from tests.e2e.hosts.server import serving

ROUNDS = 25
STORES = ["sqlite", "cosmos"]
Clients = tuple[httpx.Client, httpx.Client]


@pytest.fixture(params=STORES)
def instances(
    request: pytest.FixtureRequest,
    configured_cosmos: str,
    cosmos_endpoint: Endpoint,
    tmp_path: Path,
) -> Iterator[Clients]:
    """Serve one folder by two processes, or one account whose replicas lag for a minute."""
    arguments: tuple[str, ...] = ("--demo",)
    env: dict[str, str] = {}
    if request.param == "cosmos":
        cosmos_endpoint.copy(configured_cosmos, tmp_path.name)
        for container in cosmos_endpoint.database(tmp_path.name).values():
            container.replica.lag = 60.0
            container.replica.start_at(container.lsn)
        arguments = ("--store", "cosmos")
        env = {"COSMOS": connection_string(cosmos_endpoint.url), "COSMOS_DATABASE": tmp_path.name}
    with ExitStack() as stack:
        one, two = (
            stack.enter_context(serving(tmp_path / "data", *arguments, env=env)) for _ in range(2)
        )
        yield stack.enter_context(one.client()), stack.enter_context(two.client())


def allowed(client: httpx.Client, value: str) -> bool:
    points = [{"kind": "email", "value": value}]
    body = {"purpose": "Marketing", "contactPoints": points}
    response = client.post("/consent-checks", json=body)
    assert response.status_code == 200, response.text
    return bool(response.json()["items"][0]["allowed"])


def test_every_process_sees_it_at_once(instances: Clients) -> None:
    here, there = instances
    for number in range(ROUNDS):
        value = f"karen{number}@example.com"
        body = a_customer(contacts=[an_email(value, marketingConsent="OptedIn")])
        made = here.post("/customers", json=body, params={"allowDuplicate": "true"}).json()
        assert allowed(there, value), "an opt-in is seen at once, too"
        withdrawal = {"contactId": "1", "decision": "OptedOut"}
        response = here.post(f"/customers/{made['id']}/consents", json=withdrawal)
        assert response.status_code == 201, response.text
        assert not allowed(there, value)
        here, there = there, here
