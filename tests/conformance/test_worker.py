"""What Microsoft's worker makes of the app is what the local host makes of it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from function_app import app
from local.folder import Folder
from local.host.functions import Function, read_functions
from local.store import SqliteDocuments
from shared import wiring
from shared.domain.customer_creation import NewCustomer
from shared.usecases.customer_creation import create_customer
from shared.usecases.imports import import_of, start_import
from shared.usecases.searches import Asked, search_customers
from tests.api import APPLICATION, COMPANY, Api, CutOff, a_customer

pytest.importorskip(
    "azure_functions_runtime", reason="Microsoft's worker library needs Python 3.13 or later"
)
from tests.conformance.worker import Refused, Worker, documents, http

FUNCTIONS = {one.name: one for one in read_functions(app, {"COSMOS_DATABASE": "libro"})}
COMPARED = ("content-type", "etag", "location", "www-authenticate", "retry-after", "cache-control")


def test_every_function_is_indexed_as_it_is_here(worker: Worker) -> None:
    assert set(worker.ids) == set(FUNCTIONS)
    for name, one in FUNCTIONS.items():
        [trigger] = [b for b in worker.bindings[name] if b["type"].lower().endswith("trigger")]
        assert trigger["type"] == one.kind
        for key in ("route", "methods", "authLevel", "containerName", "leaseContainerName"):
            assert trigger.get(key) == one.trigger.get(key), (name, key)


def test_retry_policies_reach_the_host(worker: Worker) -> None:
    feeds = [name for name, one in FUNCTIONS.items() if one.kind == "cosmosDBTrigger"]

    assert feeds
    for name in feeds:
        assert worker.retries[name].max_retry_count == -1


class Both:
    """Sends one request to the local host and, as its host would, to Microsoft's worker."""

    def __init__(self, api: Api, worker: Worker) -> None:
        self.api = api
        self.worker = worker

    async def answers(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[Any, Any]:
        sent = {"authorization": f"Bearer {self.api.token(APPLICATION)}", **headers}
        sent = {name.replace("_", "-"): value for name, value in sent.items() if value}
        content = b"" if body is None else json.dumps(body).encode()
        if content:
            sent.setdefault("content-type", "application/json")
        here = await self.api.client.request(method, path, headers=sent, content=content)
        function, route = self._find(method, path.partition("?")[0])
        url = f"http://libro{path}"
        asked = http(method, url, route=route, headers=sent, body=content)
        returned = await self.worker.invoke(function.name, {"req": asked})
        there = returned.http
        return (
            _comparable(here.status_code, dict(here.headers), here.content),
            _comparable(int(there.status_code), dict(there.headers), there.body.bytes),
        )

    def _find(self, method: str, path: str) -> tuple[Function, dict[str, str]]:
        found = self.api.host.http.table.find(method, path)
        assert found
        function, route = found
        return function, route


def _comparable(status: int, headers: dict[str, str], body: bytes) -> Any:
    kept = {name.lower(): value for name, value in headers.items()}
    if not body:
        kept.pop("content-type", None)  # of nothing; the hosts differ in whether they say it
    content = json.loads(body) if body and "json" in kept.get("content-type", "") else body
    if isinstance(content, dict):
        content.pop("traceId", None)
    return status, {name: kept.get(name) for name in COMPARED}, content


@pytest.fixture
def both(api: Api, worker: Worker) -> Both:
    return Both(api, worker)


@pytest.mark.parametrize(
    ("status", "method", "path", "how"),
    [
        (200, "GET", "/api/health/ready", {}),
        (200, "GET", "/api/v1/USRT/customers?limit=3", {}),
        (400, "GET", "/api/v1/USRT/customers?limit=x", {}),
        (401, "GET", "/api/v1/USRT/customers", {"authorization": ""}),
        (403, "GET", "/api/v1/DEMF/customers", {}),
        (404, "GET", "/api/v1/USRT/customers/nobody", {}),
        (404, "GET", "/api/nowhere", {}),
        (422, "POST", "/api/v1/USRT/customers", {"body": {"storeNumber": "HOUSTON", "x": 1}}),
        (415, "POST", "/api/v1/USRT/customers", {"body": {}, "content_type": "text/csv"}),
    ],
)
async def test_an_answer_is_the_same(
    both: Both, status: int, method: str, path: str, how: dict[str, Any]
) -> None:
    here, there = await both.answers(method, path, **how)

    assert here == there
    assert here[0] == status


async def test_reading_and_writing_a_customer_is_the_same(both: Both) -> None:
    made = await both.api.create()
    path = f"/api/v1/{COMPANY}/customers/{made['id']}"
    for status, how in (
        (200, {}),
        (304, {"if_none_match": (await both.api.get(path)).headers["etag"]}),
    ):
        here, there = await both.answers("GET", path, **how)
        assert here == there
        assert here[0] == status
    patch = {"firstName": "Ada"}
    for status, how in ((428, {}), (412, {"if_match": '"other"'})):
        here, there = await both.answers("PATCH", path, patch, **how)
        assert here == there
        assert here[0] == status


async def test_a_customer_made_by_the_worker_is_there(both: Both) -> None:
    here, there = await both.answers("POST", f"/api/v1/{COMPANY}/customers", a_customer())
    ids = [answer[2]["id"] for answer in (here, there)]

    assert here[0] == there[0] == 201
    assert here[2].keys() == there[2].keys()
    for one in ids:
        assert (await both.api.get(f"customers/{one}")).status_code == 200


def as_delivered(body: dict[str, Any], etag: str) -> dict[str, Any]:
    """Return a change as Cosmos DB's trigger hands it over."""
    system = {"_rid": "r", "_self": "dbs/d/colls/c/docs/r/", "_attachments": "attachments/"}
    return {**body, **system, "_etag": f'"{etag}"', "_ts": 1_800_000_000, "_lsn": 7}


async def test_changed_customers_come_into_the_directory(worker: Worker, folder: Folder) -> None:
    store = SqliteDocuments(folder.database)
    backend = wiring.install(folder.backend(CutOff(store)))
    errand = backend.errand(COMPANY, "application:test", datetime.now(UTC))
    new = NewCustomer(store_number="HOUSTON", last_name="Overlooked")
    await create_customer(new, errand=errand)
    healthy = wiring.install(folder.backend(store))
    errand = healthy.errand(COMPANY, "application:test", datetime.now(UTC))
    asked = Asked("overlooked", None, None, 20)
    assert (await search_customers(asked, errand=errand))[0] == []
    changes = await store.changes("customers", None, 100)
    delivered = [as_delivered(one.body, one.etag) for one in changes.documents]
    await worker.invoke("repair_directory", {"changes": documents(delivered)})
    found, _ = await search_customers(asked, errand=errand)
    store.close()

    assert [line["name"] for line in found] == ["Overlooked"]


async def test_chunks_of_imports_are_worked_through(worker: Worker, folder: Folder) -> None:
    store = SqliteDocuments(folder.database)
    backend = wiring.install(folder.backend(store))
    errand = backend.errand(COMPANY, "application:test", datetime.now(UTC))
    line = b'{"storeNumber": "HOUSTON", "lastName": "Imported"}'
    started = await start_import(line, store_number=None, errand=errand)
    changes = await store.changes("requests", None, 100)
    delivered = [as_delivered(one.body, one.etag) for one in changes.documents]
    await worker.invoke("run_imports", {"changes": documents(delivered)})
    done = await import_of(started.id, store)
    store.close()

    assert done is not None
    assert (done.status, done.created) == ("Completed", 1)


async def test_a_feed_that_fails_says_so_to_the_host(worker: Worker, folder: Folder) -> None:
    store = SqliteDocuments(folder.database)
    wiring.install(folder.backend(store))
    with pytest.raises(Refused, match="KeyError"):
        await worker.invoke("repair_directory", {"changes": documents([{"type": "customer"}])})
    store.close()
