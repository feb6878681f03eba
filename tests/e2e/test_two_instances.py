"""Two instances of the app, processes of their own, on one container of Cosmos DB's protocol."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.api import a_customer
from tests.doubles.cosmos.endpoint import Endpoint
from tests.doubles.cosmos.server import connection_string
from tests.e2e.hosts.server import serving

EACH = 150
AT_ONCE = 4

Clients = tuple[httpx.Client, httpx.Client]


@pytest.fixture
def instances(
    configured: Path, configured_cosmos: str, cosmos_endpoint: Endpoint, tmp_path: Path
) -> Iterator[Clients]:
    cosmos_endpoint.copy(configured_cosmos, tmp_path.name)
    env = {"COSMOS": connection_string(cosmos_endpoint.url), "COSMOS_DATABASE": tmp_path.name}
    with ExitStack() as stack:
        one, two = (
            stack.enter_context(serving(tmp_path / "data", "--store", "cosmos", env=env))
            for _ in range(2)
        )
        yield stack.enter_context(one.client()), stack.enter_context(two.client())


def test_account_numbers_stay_unique(instances: Clients) -> None:
    def create(number: int) -> str:
        body = a_customer(lastName=f"Berg{number}")
        response = instances[number % 2].post("/customers", json=body)
        assert response.status_code == 201, response.text
        account: str = response.json()["accountNumber"]
        return account

    with ThreadPoolExecutor(2 * AT_ONCE) as threads:
        numbers = list(threads.map(create, range(2 * EACH)))

    assert len(set(numbers)) == 2 * EACH


def test_the_second_of_two_writers_gets_412(instances: Clients) -> None:
    made = instances[0].post("/customers", json=a_customer())
    path = f"/customers/{made.json()['id']}"
    for _ in range(20):
        etag = instances[1].get(path).headers["etag"]

        def patch(client: httpx.Client, name: str, etag: str = etag) -> int:
            headers = {"If-Match": etag}
            return client.patch(path, json={"firstName": name}, headers=headers).status_code

        with ThreadPoolExecutor(2) as threads:
            found = list(threads.map(patch, instances, ("One", "Two")))
        assert sorted(found) == [200, 412]


def test_what_one_wrote_the_other_reads_with_the_session(
    instances: Clients, cosmos_endpoint: Endpoint, tmp_path: Path
) -> None:
    made = instances[0].post("/customers", json=a_customer())
    path = f"/customers/{made.json()['id']}"
    container = cosmos_endpoint.database(tmp_path.name)["customers"]
    container.replica.at = container.lsn
    patched = instances[0].patch(path, json={"firstName": "Ada"}, headers={"If-Match": "*"})
    behind = instances[1].get(path).json()["firstName"]
    seen = instances[1].get(path, headers={"X-Session": patched.headers["X-Session"]})
    forged = instances[1].get(path, headers={"X-Session": "customers 0:-1#999999999"})

    assert behind == "Karen", "the replica lags"
    assert seen.json()["firstName"] == "Ada"
    assert forged.json()["firstName"] == "Karen", "it is as if there were none"
