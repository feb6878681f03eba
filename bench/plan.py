"""The benchmarks of customers, in their order."""

import functools
import itertools
import random
import statistics
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from bench import requests as ask
from bench.load import Request, Result
from bench.target import Target

ROUNDS = 5
Line = dict[str, Any]
Make = Callable[[], Iterator[Request]]


class Plan:
    def __init__(self, target: Target, *, quick: bool, concurrency: int) -> None:
        self.target = target
        self.concurrency = concurrency
        self.seconds = 0.5 if quick else 2.0
        self.rounds = 3 if quick else ROUNDS
        self.random = random.Random(4021)  # noqa: S311  # the same load every time

    async def compare(self, name: str, make: Make, **facts: Any) -> Line:
        """Return the median of several rounds, each between two rounds of requests without work."""
        rounds: list[tuple[Result, float]] = []
        before = await self.nothing()
        for _ in range(self.rounds):
            result = await self._run(make())
            after = await self.nothing()
            rounds.append((result, result.rate / ((before.rate + after.rate) / 2)))
            before = after
        middle = sorted(rounds, key=lambda result_and_ratio: result_and_ratio[1])[len(rounds) // 2]
        return self._line(name, middle[0], ratio=round(middle[1], 3), **facts)

    async def nothing(self) -> Result:
        return await self._run(itertools.repeat(ask.NOTHING))

    async def alone(self, name: str, make: Make, **facts: Any) -> Line:
        """Return the latency without queueing: one request at a time."""
        results = [await self._run(make(), concurrency=1) for _ in range(self.rounds)]
        middle = sorted(results, key=lambda result: result.percentile(0.95))[len(results) // 2]
        return self._line(name, middle, **facts)

    async def _run(self, requests: Iterator[Request], concurrency: int | None = None) -> Result:
        return await self.target.load(
            requests, concurrency=concurrency or self.concurrency, seconds=self.seconds
        )

    def _line(self, name: str, result: Result, **facts: Any) -> Line:
        refused = {status: n for status, n in result.statuses.items() if status >= 300}  # noqa: PLR2004
        if refused:
            raise RuntimeError(f"{name} was refused: {refused}")
        count = len(result.times)
        return {
            "operation": name,
            "requestsPerSecond": round(result.rate),
            "p50ms": round(result.percentile(0.5), 2),
            "p95ms": round(result.percentile(0.95), 2),
            "storeOperationsPerRequest": round(result.store_operations / count, 2),
            **facts,
        }


async def measure(target: Target, *, quick: bool, concurrency: int) -> AsyncIterator[Line]:
    plan = Plan(target, quick=quick, concurrency=concurrency)
    await target.send(ask.NOTHING)
    nothing = [(await plan.nothing()).rate for _ in range(plan.rounds)]
    yield {"operation": "no-op", "requestsPerSecond": round(statistics.median(nothing))}
    people = ask.People(plan.random)
    sizes = (1_000, 3_000) if quick else (1_000, 20_000, 100_000)
    async for line in _by_size(plan, people, sizes[:1]):
        yield line
    async for line in _single_customers(plan, people):
        yield line
    async for line in _addresses(plan, people, (10, 100) if quick else (10, 1_000, 10_000)):
        yield line
    async for line in _by_size(plan, people, sizes[1:]):
        yield line
    yield {"operation": "memory", "residentMiB": round(target.memory(), 1)}


async def _single_customers(plan: Plan, people: "ask.People") -> AsyncIterator[Line]:
    yield await plan.compare("get by GUID", people.reads_by_id)
    yield await plan.compare("get by account", people.reads_by_account)
    yield await plan.compare("list", lambda: itertools.repeat(ask.LIST))
    yield await plan.compare("patch", people.patches)
    yield await plan.compare("create", people.creates)


async def _addresses(
    plan: Plan, people: "ask.People", sizes: tuple[int, ...]
) -> AsyncIterator[Line]:
    for size in sizes:
        customer = await plan.target.send(people.create())
        adding = itertools.islice(ask.addresses_of(customer["id"]), size)
        await plan.target.load(adding, concurrency=1)
        page = ask.address_page(customer["id"])
        yield await plan.compare(
            "address page", functools.partial(itertools.repeat, page), addresses=size
        )


async def _by_size(plan: Plan, people: "ask.People", sizes: tuple[int, ...]) -> AsyncIterator[Line]:
    for size in sizes:
        await people.grow(plan.target, size)
        yield await plan.compare("search", people.searches, customers=size)
        yield await plan.alone("search, one at a time", people.searches, customers=size)
