"""Decisions spread although the process that spreads them is killed again and again."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from local.folder import Folder
from local.store.choice import sqlite
from shared.core.concurrency import side_by_side
from tests.api import Api
from tests.consent.scenes import PROOF, decide, verified
from tests.consent.spreading.test_propagation import all_show, family, nothing_pending
from tests.e2e.hosts.elsewhere import api_of
from tests.e2e.hosts.faulty import FaultyHost
from tests.waiting import eventually

AT_ONCE = 8
PATIENCE = 90.0  # less than what the sweeper waits: what was begun comes again by itself


@pytest.fixture
def host(configured: Path, tmp_path: Path) -> Iterator[FaultyHost]:
    host = FaultyHost(Path(shutil.copytree(configured, tmp_path / "data")))
    host.start()
    yield host
    host.stop()


@pytest.fixture
async def api(host: FaultyHost) -> AsyncIterator[Api]:
    folder = Folder(host.data)
    async with sqlite(folder) as documents, api_of(host.url, folder, documents) as api:
        yield api


async def test_all_show_it_though_the_process_is_killed_while_it_spreads(
    host: FaultyHost, api: Api, scale: Callable[[int, int], int]
) -> None:
    members = await family(api, scale(80, 700))
    kills = scale(2, 12)
    decided, half_way = [], 0
    for number in range(kills):
        decision = {"evidence": PROOF} if number % 2 else {"decision": "OptedOut"}
        decided.append(await decide(api, members[number], **decision))
        # From the moment of the answer to that where nearly all are written.
        while written(host, number + 2) < len(members) * number // kills:
            await asyncio.sleep(0.002)
        host.kill()
        half_way += written(host, number + 2) < len(members)
        await asyncio.to_thread(host.start)
        await all_show(api, members, decided[-1]["decision"], seconds=PATIENCE)
        await eventually(PATIENCE, lambda: nothing_pending(api))
    ledgers = await side_by_side(members, partial(verified, api), at_once=AT_ONCE)

    assert half_way, "it was killed too late to say anything"
    for position, entries in enumerate(ledgers):
        told = [(one["decision"], one["decidedAt"]) for one in entries]
        assert told == [(one["decision"], one["decidedAt"]) for one in decided], "once each"
        own = [number for number, one in enumerate(entries) if not one["inherited"]]
        assert own == ([position] if position < kills else [])
    await eventually(PATIENCE, partial(nothing_waits, host))
    await asyncio.sleep(1)
    assert written(host, kills + 1) == len(members)
    assert written(host, kills + 2) == 0, "nothing is echoed"


def written(host: FaultyHost, version: int) -> int:
    """Return how many customers have come to this version."""
    return sum(one[3] >= version for one in host.customers())


async def nothing_waits(host: FaultyHost) -> bool:
    return host.waiting() == []
