"""Under Microsoft's own worker the app does what it does under the local host."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from function_app import app
from local.folder import Folder
from local.host.feeds import as_delivered
from local.host.functions import read_functions
from local.host.rewriting import rewritten
from local.host.routing.paths import decoded_path
from local.host.routing.table import Table
from local.store import SqliteDocuments
from shared.composition import wiring
from shared.context import Context
from shared.customers.creation.creation import create_customer
from shared.customers.directory.search import SearchQuery, search_customers
from shared.customers.domain.creation import NewCustomer
from shared.customers.imports.documents import import_jobs
from shared.customers.imports.imports import start_import
from shared.platform.metering import Tally, tally
from tests.api import ADMINISTRATOR, COMPANY, Api, CutOff, Down, a_customer
from tests.conformance.hostrules import Unresolved

pytest.importorskip("azure_functions_runtime", reason="Microsoft's worker needs Python 3.13")

from tests.conformance import payloads
from tests.conformance.worker import FunctionFailed, Worker

ROOT = Path(__file__).parent.parent.parent
KAREN = "0c5d6f1e-7f1b-4c55-9a60-5a9f3c1d2e3f"
# The session says what a request wrote, and the second of two may find nothing left to write.
OF_THE_MOMENT = {"x-trace-id", "x-session", "date", "server-timing", "content-length", "server"}
BODILESS = {204, 304}
PHOENIX = NewCustomer(store_number="HOUSTON", first_name="Phoenix", last_name="Berg")


class ThroughWorker(httpx.AsyncBaseTransport):
    """Stands where the Functions host does, between the caller and the worker."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._table = Table()
        for one in worker.functions.values():
            if one.trigger["type"] == "httpTrigger":
                self._table.add(one.name, one.trigger["route"], one.trigger["methods"], one.name)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        found = self._table.find(request.method, decoded_path(request.url.raw_path))
        assert found, "the last function takes what no other does"
        name, route = found
        answer = (await self._worker.invoke(name, payloads.http(request, route))).http
        return httpx.Response(
            int(answer.status_code), headers=answer.headers, content=answer.body.bytes
        )


@pytest.fixture(scope="session")
def worker() -> Worker:
    return asyncio.run(Worker.start(ROOT))


@pytest.fixture
async def deployed(api: Api, worker: Worker) -> AsyncIterator[Api]:
    """The same API, of the same company, with the worker in the place of the local host."""
    async with httpx.AsyncClient(
        transport=ThroughWorker(worker), base_url=api.client.base_url
    ) as client:
        yield Api(api.host, api.documents, client)


@pytest.fixture
async def context(folder: Folder) -> AsyncIterator[Context]:
    """An context of an hour ago, in a company whose feeds nobody follows."""
    documents = SqliteDocuments(folder.database)
    backend = wiring.install(folder.backend(documents))
    yield backend.context(COMPANY, "application:test", datetime.now(UTC) - timedelta(hours=1))
    documents.close()


def test_the_worker_finds_every_function_as_the_local_host_does(worker: Worker) -> None:
    functions = read_functions(app, Unresolved())

    assert functions
    assert {one.name: one.trigger for one in functions} == {
        one.name: one.trigger for one in worker.functions.values()
    }
    assert {one.name: one.retry and (one.retry.count, one.retry.seconds) for one in functions} == {
        one.name: one.retry for one in worker.functions.values()
    }


@pytest.mark.parametrize(
    ("status", "request_line", "how"),
    [
        (200, f"GET customers/{KAREN}", {}),
        (200, "GET customers?q=karen%20b&limit=5", {}),
        (200, "GET /api/health/ready", {}),
        (200, "GET /api/docs", {}),
        (200, "GET /api/docs/swagger-ui.css", {}),
        (200, "GET /API/Health/LIVE/", {}),
        (204, f"DELETE customers/{KAREN}", {"if_match": "*"}),
        (304, f"GET customers/{KAREN}", {"if_none_match": "*"}),
        (400, "GET customers?q=a&q=b", {}),
        (400, "GET customers?q=a&limit=", {}),
        (400, "POST customers", {"body": b"{rubbish", "content_type": "application/json"}),
        (401, f"GET customers/{KAREN}", {"authorization": "Bearer nobody"}),
        (403, "POST customers", {"body": a_customer(), "bearer": ADMINISTRATOR}),
        (404, "GET customers/nobody", {}),
        (404, "GET customers/a%2Fb", {}),
        (404, "GET /api/no/such/path?q=1", {}),
        (404, "PUT customers", {"body": a_customer()}),
        (412, f"PATCH customers/{KAREN}", {"body": {"firstName": "x"}, "if_match": '"old"'}),
        (415, "POST customers", {"body": b"<a/>", "content_type": "text/xml"}),
        (422, "POST customers", {"body": {"firstName": "K\u00e1ren \u5f20"}}),
        (428, f"DELETE customers/{KAREN}", {}),
    ],
)
async def test_a_request_is_answered_alike(
    api: Api, deployed: Api, status: int, request_line: str, how: dict[str, Any]
) -> None:
    await api.create(id=KAREN)
    local, through = [await one.call(*request_line.split(" "), **how) for one in (api, deployed)]

    assert local.status_code == status
    assert what_matters(through) == what_matters(local)
    assert through.headers["X-Trace-Id"]


async def test_a_customer_made_through_the_worker_is_the_one_that_is_read(
    api: Api, deployed: Api
) -> None:
    made = await deployed.post("customers", a_customer(id=KAREN), idempotency_key="k")
    # The key is of the very address and the very bytes, so both were told the same.
    again = await api.post("customers", a_customer(id=KAREN), idempotency_key="k")
    read = await api.get(made.headers["Location"])

    assert made.status_code == 201
    assert again.headers.pop("idempotency-replayed") == "true"
    assert what_matters(made) == what_matters(again)
    assert read.headers["ETag"] == made.headers["ETag"]
    assert await deployed.names("karen") == ["Karen Berg"]


async def test_a_fault_is_answered_alike(api: Api, deployed: Api) -> None:
    with api.broken():
        local, through = [await one.post("customers", a_customer()) for one in (api, deployed)]

    assert local.status_code == 500
    assert what_matters(through) == what_matters(local)


async def test_a_customer_that_the_directory_misses_is_put_there(
    worker: Worker, context: Context
) -> None:
    await a_customer_cut_off(context)
    before = await found("phoenix", context)
    await worker.invoke("repair_directory", payloads.change_feed(*await told("customers", context)))

    assert before == []
    assert await found("phoenix", context) == ["Phoenix Berg"]


async def test_a_customer_that_the_directory_knows_is_left_alone(
    worker: Worker, context: Context
) -> None:
    await create_customer(PHOENIX, context=context)
    tally.set(count := Tally())
    await worker.invoke("repair_directory", payloads.change_feed(*await told("customers", context)))

    assert count.reads
    assert count.scattered == 0


async def test_an_import_is_worked_through(worker: Worker, context: Context) -> None:
    line = b'{"storeNumber": "HOUSTON", "firstName": "Phoenix", "lastName": "Berg"}'
    started = await start_import(line, store_number=None, context=context)
    batch = payloads.change_feed(*await told("requests", context))
    await worker.invoke("run_imports", batch)
    await worker.invoke("run_imports", batch)
    done = await import_jobs(started.id, context.documents).load(started.id)

    assert done
    assert (done.value.status, done.value.counts) == ("Completed", {"created": 1})
    assert await found("phoenix", context) == ["Phoenix Berg"]


async def test_a_feed_that_fails_tells_the_host_to_come_again(
    worker: Worker, context: Context, folder: Folder
) -> None:
    await create_customer(PHOENIX, context=context)
    batch = payloads.change_feed(*await told("customers", context))
    wiring.install(folder.backend(Down(context.documents)))

    with pytest.raises(FunctionFailed, match="Unavailable: the store is down"):
        await worker.invoke("repair_directory", batch)


def what_matters(response: httpx.Response) -> tuple[int, dict[str, str], Any]:
    """Return status, headers and body without what differs from one request to the next."""
    headers = {name: value for name, value in response.headers.items() if name not in OF_THE_MOMENT}
    if response.status_code in BODILESS:
        # The worker gives an answer a type even where there is nothing to be of it.
        headers.pop("content-type", None)
    if "json" not in headers.get("content-type", ""):
        return response.status_code, headers, response.content
    body = response.json()
    body.pop("traceId", None)
    body.pop("nextCursor", None)  # encrypted anew each time
    return response.status_code, headers, body


async def a_customer_cut_off(context: Context) -> None:
    """Let the writer of a customer die before it comes to the directory."""
    await create_customer(PHOENIX, context=replace(context, documents=CutOff(context.documents)))


async def found(query: str, context: Context) -> list[str]:
    lines, _ = await search_customers(SearchQuery(query, None, None, 20), context=context)
    return [line["name"] for line in lines]


async def told(container: str, context: Context) -> list[dict[str, Any]]:
    """Return everything in the container as Cosmos DB's trigger delivers it."""
    changes = await context.documents.changes(container, None, 100)
    batch = [
        {
            "_rid": "4xB9AKz7pYkBAAAAAAAAAA==",
            "_self": "dbs/4xB9AA==/colls/4xB9AKz7pYk=/docs/4xB9AKz7pYkBAAAAAAAAAA==/",
            "_attachments": "attachments/",
            "_ts": 1795168800,
            "_lsn": number,
            **as_delivered(container, one),
        }
        for number, one in enumerate(changes.documents, start=1)
    ]
    return [dict(one) for one in json.loads(rewritten(batch))]
