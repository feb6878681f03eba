"""Decisions spread though the bus is away, a process dies, or there are many holders."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
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
from shared.consent.domain.points import Point
from shared.consent.points import Holding, PointKey, follow
from shared.consent.spreading.pending import PendingSpread, all_pending, put
from shared.consent.spreading.propagation import Place, propagate
from shared.consent.spreading.spreads import resend_late
from shared.context import Context
from shared.ports.bus import BusUnavailable, DeadLetter, Outgoing
from tests.api import COMPANY, Api, an_email, started
from tests.consent.scenes import KAREN, PROOF, checked, decide, ledger, marketing
from tests.consent.spreading.test_propagation import all_show, family, holders, nothing_pending
from tests.waiting import eventually

SYSTEM = "system:consent"


def context_of(now: datetime | None = None) -> Context:
    return wiring.backend().context(COMPANY, SYSTEM, now or datetime.now(UTC))


@pytest.fixture
async def still(folder: Folder, open_store: OpenStore) -> AsyncIterator[Api]:
    """The API of a host whose queues and subscriptions nobody serves."""
    host = Host(app, folder, open_store)
    host.functions = [one for one in host.functions if one.kind != "serviceBusTrigger"]
    async with AsyncExitStack() as stack:
        yield await started(host, stack)


class Away:
    """A bus that takes messages only while it is there."""

    def __init__(self) -> None:
        self.is_there = False
        self.sent: list[Outgoing] = []

    async def send(self, entity: str, messages: list[Outgoing]) -> None:
        if not self.is_there:
            raise BusUnavailable(f"{entity} is away")
        self.sent += messages

    async def dead_letters(self, entity: str, *, after: int, limit: int) -> list[DeadLetter]:
        return []

    async def replay(self, entity: str, sequence: int, body: bytes | None) -> bool:
        return False

    async def drop(self, entity: str, sequence: int) -> bool:
        return False


async def test_the_sweeper_asks_again_for_what_is_late_and_less_often_each_time(api: Api) -> None:
    [karen] = await family(api, 1)
    await eventually(20, lambda: nothing_pending(api))
    begun = datetime.now(UTC)
    pending = PendingSpread(COMPANY, karen["id"], karen["version"], begun)
    await put(pending, context_of().documents)
    bus = Away()

    with pytest.raises(BusUnavailable):
        await resend_late(context_of(begun + timedelta(minutes=3)), bus=bus)  # type: ignore[arg-type]
    bus.is_there = True
    asked = [
        await resend_late(context_of(begun + timedelta(minutes=minutes)), bus=bus)  # type: ignore[arg-type]
        for minutes in (1, 4, 5, 8, 12, 13, 25)
    ]

    assert asked == [0, 0, 0, 1, 0, 0, 1], "after four minutes, after eight, ..."
    assert len({message.id for message in bus.sent}) == len(bus.sent), "no copy is dropped"
    [listed] = [one async for one in all_pending(context_of())]
    assert listed.asked == 3


class Crash(BaseException):
    """The process ends here."""


class Dying:
    """Documents of a process that dies before or after the commit of this number."""

    def __init__(self, documents: Any, at: int, *, after: bool) -> None:
        self._documents, self._left, self._after = documents, at, after

    def __getattr__(self, name: str) -> Any:
        return getattr(self._documents, name)

    async def commit(self, *arguments: Any) -> Any:
        self._left -= 1
        is_last = self._left == 0
        if is_last and not self._after:
            raise Crash
        answer = await self._documents.commit(*arguments)
        if is_last:
            raise Crash
        return answer


@pytest.mark.parametrize("after", [False, True], ids=["before a commit", "after a commit"])
@pytest.mark.parametrize("at", [1, 2, 3])
async def test_a_process_that_dies_at_any_step_loses_nothing(
    still: Api, at: int, after: bool
) -> None:
    api = still
    members = [
        await api.create(firstName=f"K{number}", contacts=[an_email(KAREN)]) for number in range(3)
    ]
    for member in members:
        await propagate(member["id"], 1, Place(), context=context_of())
    entry = await decide(api, members[0], decision="OptedOut")
    context = context_of()
    dying: Any = Dying(context.documents, at, after=after)

    with pytest.raises(Crash):
        await propagate(members[0]["id"], 2, Place(), context=replace(context, documents=dying))
    again = await propagate(members[0]["id"], 2, Place(), context=context_of())
    once_more = await propagate(members[0]["id"], 2, Place(), context=context_of())

    assert [await marketing(api, one) for one in members] == [["OptedOut"]] * len(members)
    assert once_more.written == 0 <= again.written
    for member in members[1:]:
        [inherited] = await ledger(api, member)
        assert (inherited["decision"], inherited["decidedAt"]) == ("OptedOut", entry["decidedAt"])


async def test_more_than_five_hundred_holders_go_on_with_another_message(still: Api) -> None:
    key, count = PointKey("email", KAREN), 520
    context = context_of()
    for number in range(count):  # whose records were removed since: they are passed over
        found = Holding(f"00000000-0000-4000-8000-{number:012d}", ("1",))

        async def find(found: Holding = found) -> Holding:
            return found

        point, _ = await follow(key, find, [], context)
    karen = await still.create(contacts=[an_email(KAREN)])
    came = await propagate(karen["id"], 1, Place(), context=context_of())
    await decide(still, karen, decision="OptedOut")
    first = await propagate(karen["id"], 2, Place(), context=context_of())
    assert first.rest
    second = await propagate(karen["id"], 2, first.rest, context=context_of())

    assert isinstance(point, Point)
    assert point.holders == count
    assert came.rest is None, "who comes is no reason to look at the others"
    assert (first.rest.point, second.rest) == (0, None)


async def test_many_holders(api: Api, scale: Callable[[int, int], int]) -> None:
    members = await family(api, scale(60, 1_000))
    begun = time.monotonic()
    await decide(api, members[0], decision="OptedOut")
    await all_show(api, [members[1]], "OptedOut")
    await eventually(120, lambda: nothing_pending(api), pause=0.5)
    seconds = time.monotonic() - begun
    print(f"{len(members)} holders: {seconds:.1f} s")  # noqa: T201  # figures for whoever looks

    await all_show(api, members, "OptedOut")
    assert len(await holders(api)) == len(members)


async def test_two_writers_at_once_agree(api: Api) -> None:
    members = await family(api, 4)
    bodies: list[dict[str, Any]] = [
        {"evidence": PROOF, "decision": "OptedIn"}, {"decision": "OptedOut"},
    ] * 2  # fmt: skip
    await asyncio.gather(
        *(decide(api, member, **body) for member, body in zip(members, bodies, strict=True))
    )
    [in_force] = await checked(api)

    await all_show(api, members, in_force["decision"])
