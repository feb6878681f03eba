"""Channels under load: one that takes what it is offered, and many that ask for it."""

import asyncio
import gzip
import hashlib
import json
import random
import time
from typing import Any, Final

from bench import requests as ask
from bench.load import Request, Result
from bench.plan import Line
from bench.target import Target

EVERY_SECONDS: Final = 10.0
POLLED, BOOK = "POLLED", "USRWE"  # a group of channels, and a book that no customer is in
OFFERED: Final = "1110"
ALONE, ALONE_SECONDS = 200, 0.05  # polls of one channel that is by itself, and between them


class Channel:
    """One that holds rows in a dictionary, as a store server does in a table."""

    def __init__(self, target: Target, number: str) -> None:
        self._target = target
        self._sessions = sessions_of(number)
        self.rows: dict[str, dict[tuple[str, str], Any]] = {}  # by job, table and key

    async def catch_up(self) -> int:
        """Apply and acknowledge what is offered; return how many packages that was."""
        listed = f"{self._sessions}?status=Available"
        sessions = (await self._target.send(Request("GET", listed)))["items"]
        for session in sessions:
            self._apply(session, await self._package(session["id"]))
            path = f"{self._sessions}/{session['id']}"
            told = Request("PATCH", path, {"status": "Applied"}, ask.ANY_VERSION)
            if (answer := await self._target.send(told)).get("status") != "Applied":
                raise RuntimeError(f"applying was refused: {answer}")
        return len(sessions)

    async def _package(self, session: str) -> bytes:
        request = Request("GET", f"{self._sessions}/{session}/package")
        result = await self._target.load(
            iter([request]), token=self._target.application_token, concurrency=1,
            keep=lambda _: True,
        )  # fmt: skip
        return result.bodies[0]

    def _apply(self, session: dict[str, Any], package: bytes) -> None:
        if hashlib.sha256(package).hexdigest() != session["digest"]:
            raise RuntimeError("the package is not what its session says")
        header, *lines, _ = map(json.loads, gzip.decompress(package).splitlines())
        rows = {} if header["form"] == "full" else dict(self.rows[header["job"]])
        for line in lines:
            rows.pop((line["table"], line["key"]), None)
            if line["op"] == "put":
                rows[line["table"], line["key"]] = line
        self.rows[header["job"]] = rows


def sessions_of(channel: str) -> str:
    return f"{ask.COMPANY}/channels/{channel}/download-sessions"


async def open_channels(target: Target, count: int) -> list[str]:
    """Open that many stores in one group, offer them a package, and return their numbers."""
    group = {"name": POLLED}
    boss = target.administrator_token
    path = f"{ask.COMPANY}/settings/channel-database-groups/{POLLED}"
    if "name" not in (answer := await target.send(Request("PUT", path, group), boss)):
        raise RuntimeError(f"the group was refused: {answer}")
    numbers = [f"S{number:04}" for number in range(count)]
    opened = await target.load(iter(map(_opening, numbers)), token=boss, concurrency=8)
    if set(opened.statuses) - {200, 201}:
        raise RuntimeError(f"stores were refused: {opened.statuses}")
    run = Request("POST", f"{ask.COMPANY}/distribution-jobs/{OFFERED}/runs")
    await target.send(run, boss)
    listed = Request("GET", f"{sessions_of(numbers[0])}?status=Available")
    while not (await target.send(listed))["items"]:
        await asyncio.sleep(0.2)
    return numbers


def _opening(number: str) -> Request:
    body = {
        "storeNumber": number, "name": f"Store {number}", "channelType": "Store",
        "operatingUnit": {"name": number, "address": {"country": "US", "state": "TX"}},
        "currency": "USD", "language": "en-US", "timeZone": "America/Chicago",
        "functionalityProfile": "Default", "customerAddressBooks": [BOOK],
        "employeeAddressBooks": ["USRSE"], "channelDatabaseGroup": POLLED,
    }  # fmt: skip
    return Request("PUT", f"{ask.COMPANY}/settings/stores/{number}", body)


async def poll(target: Target, channels: list[str], seconds: float, chance: random.Random) -> Line:
    """Return how the list of sessions answers one channel, and all of them, each every ten seconds.

    Each poll has a connection of its own. The clocks of the channels are not set by each other:
    each begins at a moment of its own.
    """
    alone, many = Result(), Result()
    await _poll(target, channels[0], alone, every=ALONE_SECONDS, times=ALONE)
    begun = time.perf_counter()
    times = int(seconds / EVERY_SECONDS)

    async def one(channel: str) -> None:
        await asyncio.sleep(chance.random() * EVERY_SECONDS)
        await _poll(target, channel, many, every=EVERY_SECONDS, times=times)

    await asyncio.gather(*map(one, channels))
    many.seconds = time.perf_counter() - begun
    p95s = alone.percentile(0.95), many.percentile(0.95)
    return {
        "operation": "polls of many channels", "channels": len(channels),
        "polls": len(many.times), "requestsPerSecond": round(many.rate, 1),
        "statuses": many.statuses, "p95msOfOne": round(p95s[0], 2), "p95ms": round(p95s[1], 2),
        "ratio": round(p95s[1] / p95s[0], 2),
    }  # fmt: skip


async def _poll(target: Target, channel: str, into: Result, *, every: float, times: int) -> None:
    request = Request("GET", f"{sessions_of(channel)}?status=Available")
    begun = time.perf_counter()
    for number in range(times):
        await asyncio.sleep(max(0.0, begun + number * every - time.perf_counter()))
        result = await target.load(iter([request]), token=target.application_token, concurrency=1)
        into.times += result.times
        for status, count in result.statuses.items():
            into.statuses[status] = into.statuses.get(status, 0) + count
