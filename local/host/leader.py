"""The process of a data folder that leads: it alone serves feeds, timers and queues."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from local.bus.choice import Source
from local.host import feeds, messages, timers
from local.host.functions import Function
from local.private import FILE_MODE
from shared.ports.documents import Documents

log = logging.getLogger(__name__)

LEADER_POLL_SECONDS = 1.0
RESTART_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How rarely feeds are polled, and whether timers make up for what they missed."""

    azure_polls: bool = False
    makes_up: bool = False


Serve = Callable[[Function], Coroutine[Any, Any, None]]


async def lead(
    lock_file: Path,
    functions: Sequence[Function],
    documents: Documents,
    source: Source,
    *,
    pace: Pace,
) -> None:
    """Wait until no other process of this folder leads, then serve until canceled."""
    lock = FileLock(lock_file, mode=FILE_MODE)
    while True:
        try:
            lock.acquire(timeout=0)
            break
        except Timeout:
            await asyncio.sleep(LEADER_POLL_SECONDS)
    store_feeds = feeds.Feeds(documents)
    servers: dict[str, Serve] = {
        "cosmosDBTrigger": lambda function: feeds.follow(
            function, store_feeds, azure_polls=pace.azure_polls
        ),
        "timerTrigger": lambda function: timers.tick(function, documents, makes_up=pace.makes_up),
        "serviceBusTrigger": lambda function: messages.receive(function, source),
    }
    try:
        await _take_over(source)
        async with asyncio.TaskGroup() as group:
            for function in functions:
                if function.kind in servers:
                    group.create_task(_serve_forever(function, servers[function.kind]))
    finally:
        lock.release()


async def _take_over(source: Source) -> None:
    """Free what the leader before this one held, as soon as that is possible."""
    while True:
        try:
            return await source.take_over()
        except Exception:
            log.exception("What a former process held could not be freed; trying again")
        await asyncio.sleep(RESTART_SECONDS)


async def _serve_forever(function: Function, serve: Serve) -> None:
    """Serve again after any failure, such as a full disk, without affecting other triggers."""
    while True:
        try:
            await serve(function)
        except Exception:
            log.exception("%s failed and is started again", function.name)
        await asyncio.sleep(RESTART_SECONDS)
