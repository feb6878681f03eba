"""An erasure loses nothing of what it has to do, whatever happens to the process that does it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from function_app import app
from local.folder import Folder
from local.host.app import Host
from local.store.choice import OpenStore
from shared.composition import wiring
from shared.composition.holdings import HOLDINGS
from shared.composition.metered import Metered
from shared.context import Context
from shared.core.errors import Unavailable
from shared.customers.customers import read_event, read_newest_customer
from shared.customers.domain.events import RETENTION_SECONDS
from shared.ports.documents import Create, Placed
from shared.privacy.domain.erasures import Erasure
from shared.privacy.erasing.due import due_erasures
from shared.privacy.erasing.freezing import freeze
from shared.privacy.erasing.running import run_erasure
from tests.api import ADMINISTRATOR, COMPANY, MANAGER, Api, an_email, is_of_uses, started
from tests.consent.scenes import checked
from tests.consent.spreading.test_spread_under_faults import Crash, Dying
from tests.privacy.scenes import MARKERS, done, everywhere, leftovers

ERASING = {"run_erasures", "sweep_erasures"}
FOLLOWING = {"relay_events", "index_customers", "index_points", "keep_cards", "repair_directory"}


def context_of(now: datetime | None = None) -> Context:
    return wiring.backend().context(COMPANY, "system:erasure", now or datetime.now(UTC))


async def run(key: str, context: Context | None = None) -> Erasure:
    bus = wiring.backend().bus
    erasure = await run_erasure(key, holdings=HOLDINGS, bus=bus, context=context or context_of())
    assert erasure
    return erasure


@pytest.fixture
async def resting(folder: Folder, open_store: OpenStore) -> AsyncIterator[Api]:
    """The API of a host that erases nobody by itself."""
    async with AsyncExitStack() as stack:
        yield await started(_without(ERASING, folder, open_store), stack)


@pytest.fixture
async def alone(folder: Folder, open_store: OpenStore) -> AsyncIterator[Api]:
    """The API of a host that erases nobody, and where nothing follows what is written either."""
    async with AsyncExitStack() as stack:
        yield await started(_without(ERASING | FOLLOWING, folder, open_store), stack)


def _without(names: set[str], folder: Folder, open_store: OpenStore) -> Host:
    host = Host(app, folder, open_store)
    host.functions = [one for one in host.functions if one.name not in names]
    return host


async def requested(api: Api, **but: Any) -> str:
    customer = await everywhere(api)
    body = {"reason": "r", "immediately": True} | but
    await done(api, "POST", f"customers/{customer['id']}/erasure", body, bearer=ADMINISTRATOR)
    key: str = customer["id"]
    return key


async def nothing_is_left(api: Api) -> list[str]:
    words = [word.encode() for word in MARKERS.values()]
    return await leftovers(api, lambda text: any(word in text for word in words))


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_a_process_that_dies_at_any_commit_is_followed_by_another(
    resting: Api, after: bool, scale: Callable[[int, int], int]
) -> None:
    died = 0
    for at in range(1, 100, scale(24, 1)):
        key = await requested(resting)
        context = context_of()
        dying: Any = Dying(context.documents, at, after=after)
        try:
            await run(key, replace(context, documents=dying))
        except Crash:
            died += 1
        erasure = await run(key)

        assert erasure.state == "Completed"
        assert await nothing_is_left(resting) == [], at
        [check] = await checked(resting, MARKERS["email"])
        assert check["reason"] == "opted-out"
    assert died > 1


class HalfWay(Metered):
    """A store whose writer of search entries dies before it writes what names them."""

    async def scatter(self, container: str, writes: Sequence[Placed], seal: Placed) -> str:
        if is_of_uses(seal):
            return await super().scatter(container, writes, seal)
        for write in writes:
            await self.commit(container, write.partition, [write.operation])
        raise Unavailable("the process died here")


async def test_the_event_of_the_erasure_has_no_values_and_names_points_by_their_hashes(
    resting: Api,
) -> None:
    key = await requested(resting)
    await freeze(key, context=context_of())
    erased = await read_newest_customer(key, context=context_of())
    assert erased
    event = await read_event(key, erased.version, context=context_of())

    assert event
    assert (event["event"]["type"], event["event"]["data"]["changes"]) == ("customer.erased", [])
    points = event["notes"]["consent"]["points"]
    assert points
    assert all(point["hash"] and not point["normal"] for point in points)


async def test_two_workers_at_once_erase_once(resting: Api) -> None:
    key = await requested(resting)
    erasures = await asyncio.gather(*(run(key) for _ in range(3)))
    path = f"customers/{key}/consents/verification"

    assert {erasure.state for erasure in erasures} == {"Completed"}
    assert await nothing_is_left(resting) == []
    assert (await resting.get(path)).json()["valid"]


async def test_it_starts_when_it_is_due_and_not_before(resting: Api) -> None:
    key = await requested(resting, immediately=False)
    early = await run(key)
    due = [(await due_erasures(context_of(_in(days)))).keys for days in (6, 8)]
    late = await run(key, context_of(_in(8)))

    assert (early.state, due, late.state) == ("Requested", [[], [key]], "Completed")


async def test_what_keeps_the_data_when_it_is_due_makes_it_wait(resting: Api) -> None:
    key = await requested(resting, immediately=False)
    hold = {"kind": "LegalHold", "reason": "r"}
    await done(resting, "PUT", f"customers/{key}/holds/h", hold, bearer=ADMINISTRATOR)
    waiting = await run(key, context_of(_in(8)))
    path = f"customers/{key}/erasure"
    shown = (await resting.get(path, bearer=ADMINISTRATOR)).json()
    await done(resting, "DELETE", f"customers/{key}/holds/h", bearer=ADMINISTRATOR, if_match="*")
    over = await run(key, context_of(_in(9)))

    assert waiting.state == "Requested"
    assert [blocker["code"] for blocker in shown["blockers"]] == ["hold"]
    assert over.state == "Completed"


async def test_what_writers_leave_who_are_late_goes_too_and_is_certified(alone: Api) -> None:
    key = await requested(alone)
    note = {
        "id": "note:late", "type": "note", "noteId": "late", "timeline": True,
        "text": MARKERS["note"], "schemaVersion": 2, "at": "2026-11-20T10:00:00Z",
    }  # fmt: skip
    await run(key)
    await alone.documents.commit("customers", (key, COMPANY), [Create(note)])
    left = len(await nothing_is_left(alone))
    await run(key, context_of(datetime.now(UTC) + timedelta(minutes=11)))
    path = f"customers/{key}/erasure"
    certificate = (await alone.get(path, bearer=ADMINISTRATOR)).json()["certificate"]
    again = await run(key, context_of(_in(2)))

    assert (left, await nothing_is_left(alone)) == (1, [])
    assert certificate["removedLater"] == 1
    assert again.checks == 0
    assert (await due_erasures(context_of(_in(9)))).keys == []


async def test_writers_that_crashed_have_left_nothing_that_is_not_found(resting: Api) -> None:
    """One dies between the entries of search and what names them, the next before its entries."""
    customer = await everywhere(resting)
    path = f"customers/{customer['id']}"
    with resting._installed(HalfWay(resting.documents)):
        await resting.call("PATCH", path, {"lastName": "Firstcrash"}, if_match="*")
    with resting.crashing_before_the_directory():
        await resting.call("PATCH", path, {"lastName": "Secondcrash"}, if_match="*")
    await done(resting, "PATCH", path, {"lastName": "Third"}, if_match="*")
    body = {"reason": "r", "immediately": True}
    await done(resting, "POST", f"{path}/erasure", body, bearer=ADMINISTRATOR)
    left = await leftovers(resting, lambda text: b"firstcrash" in text)
    erasure = await run(customer["id"])

    assert left, "nothing names them but the event"
    assert erasure.state == "Completed"
    words = (b"Firstcrash", b"Secondcrash", b"firstcrash", b"Third")
    assert await leftovers(resting, lambda text: any(word in text for word in words)) == []


async def test_what_is_written_at_the_same_moment_comes_before_or_is_refused(
    resting: Api,
) -> None:
    for _ in range(3):
        key = await requested(resting)
        path = f"customers/{key}"
        answers = await asyncio.gather(
            run(key),
            resting.call("PATCH", path, {"suffix": MARKERS["heldBack"]}, if_match="*"),
            resting.post(f"{path}/contacts", an_email(MARKERS["second"].replace("z", "y"))),
            resting.post(f"{path}/notes", {"text": MARKERS["note"]}, bearer=MANAGER),
        )
        await run(key, context_of(datetime.now(UTC) + timedelta(minutes=11)))

        assert answers[0].state == "Completed"
        assert await nothing_is_left(resting) == []


def _in(days: int) -> datetime:
    assert days * 86400 <= RETENTION_SECONDS * 2
    return datetime.now(UTC) + timedelta(days=days)
