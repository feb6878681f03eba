"""Benchmarks of clienteling: pages of client books, of stores, and of long timelines."""

import functools
import itertools
from collections.abc import AsyncIterator, Iterator
from typing import Any

from bench.load import Request
from bench.plan import Line, Plan
from bench.requests import COMPANY, People
from bench.target import Target

ASSOCIATE = "000160"  # whose token the target has
ASSOCIATES = 10
CLIENTS_PER_REQUEST = 100
CLIENTS = f"{COMPANY}/client-books/{ASSOCIATE}/clients"
FILTERED = f"{CLIENTS}?filter=interests:eq:Shoes&filter=birthday:within:30&sort=-addedAt"


async def measure_books(target: Target, *, quick: bool, concurrency: int) -> AsyncIterator[Line]:
    """Measure pages of one book as it grows, of a store of ten associates, and of timelines."""
    plan = Plan(target, quick=quick, concurrency=concurrency)
    people, added = People(plan.random), 0
    for size in (300, 3_000) if quick else (300, 20_000):
        await _fill(plan, people, ASSOCIATE, size - added)
        added = size
        yield await plan.compare("book page", _repeat(CLIENTS), clients=size)
        yield await plan.compare("book page, filtered", _repeat(FILTERED), clients=size)
    await _open_store(plan, people, 30 if quick else 300)
    page = f"{COMPANY}/stores/BENCH/clients"
    yield await plan.compare("store page", _repeat(page), associates=ASSOCIATES)
    for size in (10, 1_000) if quick else (10, 10_000):
        path = await _timeline(plan, people, size)
        yield await plan.compare("timeline page", _repeat(path), entries=size)


def _repeat(path: str) -> Any:
    return functools.partial(itertools.repeat, Request("GET", path))


async def _fill(plan: Plan, people: People, associate: str, count: int) -> None:
    path = f"{COMPANY}/client-books/{associate}/clients"
    keys = await people.fresh(plan.target, count)
    for start in range(0, count, CLIENTS_PER_REQUEST):
        body = {"customerIds": keys[start : start + CLIENTS_PER_REQUEST]}
        await plan.target.send(Request("POST", path, body), token=plan.target.administrator_token)


async def _open_store(plan: Plan, people: People, clients: int) -> None:
    """Open a store where ten associates work, each with clients of their own."""
    await _put(plan, "address-books", "BENCH", {"name": "BENCH"})
    template = await plan.target.send(Request("GET", f"{COMPANY}/settings/stores/HOUSTON"))
    body = {name: value for name, value in template.items() if name != "etag"}
    body |= {"storeNumber": "BENCH", "employeeAddressBooks": ["USRSE", "BENCH"]}
    await _put(plan, "stores", "BENCH", body)
    for number in range(ASSOCIATES - 3):  # three work in the stores of the demo already
        personnel_number = f"80000{number}"
        worker = {
            "personnelNumber": personnel_number,
            "name": personnel_number,
            "employeeAddressBooks": ["BENCH"],
        }
        await _put(plan, "workers", personnel_number, worker)
        await _fill(plan, people, personnel_number, clients)


async def _put(plan: Plan, collection: str, key: str, body: Any) -> None:
    path = f"{COMPANY}/settings/{collection}/{key}"
    await plan.target.send(Request("PUT", path, body), token=plan.target.administrator_token)


async def _timeline(plan: Plan, people: People, size: int) -> str:
    """Create a customer with so many activities, and return the path of the timeline."""
    customer = await plan.target.send(people.create())
    path = f"{COMPANY}/customers/{customer['id']}"

    def activities() -> Iterator[Request]:
        for number in range(size):
            body = {"activityType": "Phone", "summary": f"Call {number}"}
            body["occurredAt"] = f"2020-01-01T{number // 3600 % 24:02}:{number // 60 % 60:02}:00Z"
            yield Request("POST", f"{path}/activities", body)

    await plan.target.load(activities(), concurrency=8)
    return f"{path}/timeline"
