"""The benchmarks of consent and privacy: decisions, checks, how fast they spread, an erasure."""

import asyncio
import functools
import itertools
import random
import time
from collections.abc import AsyncIterator
from typing import Any, Final

from bench import requests as ask
from bench.load import Request
from bench.plan import Line, Plan
from bench.target import Target

HOLDERS: Final = 10
SPREADS: Final = 20
POLL_SECONDS: Final = 0.02
PATIENCE_SECONDS: Final = 60.0
DOCUMENTS: Final = 100  # of the customer who is exported and erased


async def measure_consents(target: Target, *, quick: bool, concurrency: int) -> AsyncIterator[Line]:
    plan = Plan(target, quick=quick, concurrency=concurrency)
    people = ask.People(plan.random)
    await people.grow(target, 200 if quick else 1_000)
    bearer = (("Authorization", f"Bearer {target.application_token}"),)
    yield await plan.compare("get by GUID", people.reads_by_id)
    yield await plan.compare("patch", people.patches)
    yield await plan.compare("record consent", people.decisions)
    yield await plan.compare("list consents", people.ledgers)
    for count in (1, 100):
        check = ask.check_of([f"n{number}@example.com" for number in range(count)], bearer)
        yield await plan.compare(
            "check consents", functools.partial(itertools.repeat, check), points=count
        )
    yield await _spread(target, 3 if quick else SPREADS)
    async for line in _export_and_erase(target, plan.random):
        yield line


async def _spread(target: Target, rounds: int) -> Line:
    """Return how long it takes until ten holders of an address show a withdrawal."""
    seconds = []
    for number in range(rounds):
        contact = {"kind": "email", "value": f"family{number}@example.com"}
        body = {"storeNumber": "HOUSTON", "lastName": "Family", "contacts": [contact]}
        url = f"{ask.COMPANY}/customers?allowDuplicate=true"
        keys = [(await target.send(Request("POST", url, body)))["id"] for _ in range(HOLDERS)]
        await asyncio.sleep(1.0)  # until all of them are known as holders
        begun = time.perf_counter()
        await target.send(ask.withdrawal_of(keys[0]))
        for key in keys:
            await _until(target, f"{ask.COMPANY}/customers/{key}", _is_out)
        seconds.append(time.perf_counter() - begun)
    ordered = sorted(seconds)
    return {
        "operation": "spread of a withdrawal", "holders": HOLDERS,
        "p50ms": round(ordered[len(ordered) // 2] * 1000),
        "p95ms": round(ordered[int(len(ordered) * 0.95)] * 1000),
    }  # fmt: skip


async def _export_and_erase(target: Target, chance: random.Random) -> AsyncIterator[Line]:
    """Return the time of an export, and of an erasure, of a customer with many documents."""
    boss = target.administrator_token
    contact = {"kind": "email", "value": f"full{chance.random()}@example.com"}
    body = {"storeNumber": "HOUSTON", "lastName": "Full", "contacts": [contact]}
    made = await target.send(Request("POST", f"{ask.COMPANY}/customers", body))
    path = f"{ask.COMPANY}/customers/{made['id']}"
    await target.load(itertools.islice(ask.addresses_of(made["id"]), DOCUMENTS), concurrency=1)
    times = []
    for _ in range(SPREADS):
        begun = time.perf_counter()
        await target.send(Request("GET", f"{path}/export"), boss)
        times.append(time.perf_counter() - begun)
    ordered = sorted(times)
    yield {
        "operation": "export", "addresses": DOCUMENTS,
        "p50ms": round(ordered[len(ordered) // 2] * 1000, 1),
        "p95ms": round(ordered[int(len(ordered) * 0.95)] * 1000, 1),
    }  # fmt: skip
    begun = time.perf_counter()
    erasure = {"reason": "bench", "immediately": True}
    await target.send(Request("POST", f"{path}/erasure", erasure), boss)
    await _until(target, f"{path}/erasure", lambda found: found["state"] == "Completed", boss)
    seconds = round(time.perf_counter() - begun, 2)
    yield {"operation": "erasure", "addresses": DOCUMENTS, "seconds": seconds}


async def _until(target: Target, path: str, holds: Any, token: str | None = None) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not holds(await target.send(Request("GET", path), token)):
            await asyncio.sleep(POLL_SECONDS)


def _is_out(customer: dict[str, Any]) -> bool:
    return bool(customer["contacts"][0]["marketingConsent"] == "OptedOut")
