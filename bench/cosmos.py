"""Benchmarks over the SDK of Cosmos DB: rates, and processor time of the host per request.

The endpoint answers after a delay, like a service in the same region, so the benchmark shows the
cost of many concurrent waits. It shares the machine: compare with the no-op of the same run.
"""

import itertools
import os
import random
import re
import statistics
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from bench import requests as ask
from bench.load import Request
from bench.target import ROOT, Target

DELAY_MS = 5  # before each answer of the endpoint
CUSTOMERS = 300

Line = dict[str, Any]
Make = Callable[[], Iterator[Request]]


@contextmanager
def endpoint() -> Iterator[dict[str, str]]:
    """Start the endpoint; yield the environment for a host that uses it."""
    command = [sys.executable, "-m", "tests.doubles.cosmos.server", "--delay", str(DELAY_MS)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not re.match("AccountEndpoint=", line):
                raise RuntimeError(f"the endpoint did not start: {line}")
            yield {**os.environ, "COSMOS": line.strip()}  # noqa: TID251  # passed on unchanged
        finally:
            process.terminate()


async def measure(
    target: Target, *, quick: bool, concurrency: int
) -> AsyncIterator[dict[str, Any]]:
    people = ask.People(random.Random(4021))  # noqa: S311  # the same load every time
    await target.send(ask.NOTHING)
    await people.grow(target, CUSTOMERS)
    rounds, seconds = (3, 2.0) if quick else (5, 5.0)
    makes: dict[str, Make] = {
        "no-op": lambda: itertools.repeat(ask.NOTHING),
        "get by GUID": people.reads_by_id,
        "search": people.searches,
        "create": people.creates,
    }
    for name, make in makes.items():
        lines = [await _round(target, name, make, concurrency, seconds) for _ in range(rounds)]
        yield _median(lines)


async def _round(target: Target, name: str, make: Make, concurrency: int, seconds: float) -> Line:
    before = target.cpu_seconds()
    result = await target.load(make(), concurrency=concurrency, seconds=seconds)
    used = target.cpu_seconds() - before
    refused = {status: n for status, n in result.statuses.items() if status >= 300}  # noqa: PLR2004
    if refused:
        raise RuntimeError(f"{name} was refused: {refused}")
    return {
        "operation": name,
        "requestsPerSecond": round(result.rate),
        "cpuMsPerRequest": round(used * 1000 / len(result.times), 3),
        "p50ms": round(result.percentile(0.5), 1),
        "p95ms": round(result.percentile(0.95), 1),
        "storeOperationsPerRequest": round(result.store_operations / len(result.times), 1),
    }


def _median(lines: list[Line]) -> Line:
    middle = statistics.median_low(line["cpuMsPerRequest"] for line in lines)
    return next(line for line in lines if line["cpuMsPerRequest"] == middle)
