"""The benchmarks of distribution: packages from a run to their session, and polls of channels."""

import asyncio
import contextlib
import functools
import itertools
import time
from collections.abc import AsyncIterator
from typing import Any, Final

from bench import requests as ask
from bench.channels import Channel, open_channels, poll, sessions_of
from bench.load import Request
from bench.plan import Line, Plan
from bench.target import Target

CUSTOMERS: Final = 18_148
BOOK, CHANNEL, JOB = "USRSA", "HOUSTON", "1010"
RUNS: Final = f"{ask.COMPANY}/distribution-jobs/{JOB}/runs"
CHANGES: Final = 100
READERS: Final = 4  # callers who read customers, one request after another
POLL_SECONDS: Final = 0.02
PATIENCE_SECONDS: Final = 120.0


async def measure_distribution(
    target: Target, *, quick: bool, concurrency: int
) -> AsyncIterator[Line]:
    plan = Plan(target, quick=quick, concurrency=concurrency)
    people = ask.People(plan.random, book=BOOK)
    await people.grow(target, 2_000 if quick else CUSTOMERS)
    newest = await target.send(people.create())
    await _until_indexed(target, newest)
    yield await _run(target, "full package", [newest], full=True)
    for _ in range(3):
        patches = list(itertools.islice(people.patches(), CHANGES))
        await target.load(iter(patches), concurrency=16)
        last = await target.send(patches[-1], target.application_token)
        yield await _run(target, f"delta of {CHANGES} changes", [last])
        yield await _run(target, "run without changes", [])
    channel = Channel(target, CHANNEL)
    await channel.catch_up()
    for _ in range(3):
        yield await _edit_to_applied(target, people, channel)
    yield await plan.compare("get by GUID", people.reads_by_id)
    bearer = (("Authorization", f"Bearer {target.application_token}"),)
    listing = Request("GET", f"{sessions_of(CHANNEL)}?status=Available", None, bearer)
    yield await plan.compare("poll of a channel", functools.partial(itertools.repeat, listing))
    channels = await open_channels(target, 50 if quick else 500)
    yield await poll(target, channels, 20.0 if quick else 60.0, plan.random)


async def _edit_to_applied(target: Target, people: ask.People, channel: Channel) -> Line:
    """Return how long changes take to be applied by a channel while others read customers."""
    reading = asyncio.create_task(target.load(people.reads_by_id(), concurrency=READERS))
    patches = list(itertools.islice(people.patches(), CHANGES))
    begun = time.perf_counter()
    await target.load(iter(patches[:-1]), concurrency=16)
    last = await target.send(patches[-1], target.application_token)
    edited = time.perf_counter()
    run = await _run(target, "", [last])
    applied = await channel.catch_up()
    ended = time.perf_counter()
    reading.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await reading
    return {
        "operation": f"delta of {CHANGES} changes to Applied, beside {READERS} readers",
        "seconds": round(ended - edited, 2), "withEdits": round(ended - begun, 2),
        "lacking": run["lacking"], "packages": applied, "rows": run["rows"],
    }  # fmt: skip


async def _until_indexed(target: Target, newest: dict[str, Any]) -> None:
    """Wait until the feed has brought what was imported into the index."""
    while (await _run(target, "", [newest]))["lacking"]:
        await asyncio.sleep(1.0)


async def _run(target: Target, name: str, includes: list[dict[str, Any]], **asked: Any) -> Line:
    """Return how long it takes from the run to the session that is available."""
    body = asked | {
        "channelDatabaseGroups": [CHANNEL],
        "includes": [{"customerId": one["id"], "version": one["version"]} for one in includes],
    }
    boss = target.administrator_token
    begun = time.perf_counter()
    started = await target.send(Request("POST", RUNS, body), boss)
    path = f"{RUNS}/{started['id']}"
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (run := await target.send(Request("GET", path), boss))["endedAt"]:
            await asyncio.sleep(POLL_SECONDS)
    seconds = time.perf_counter() - begun
    groups = [one for one in run["groups"] if one["number"]]
    return {
        "operation": name, "seconds": round(seconds, 2), "status": run["status"],
        "lacking": len(run["lacking"]),
        "rows": sum(one["rows"] for one in groups), "bytes": sum(one["bytes"] for one in groups),
        "buildSeconds": sum(one["seconds"] for one in groups),
    }  # fmt: skip
