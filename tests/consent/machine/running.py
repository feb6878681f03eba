"""One company whose requests, feed and messages are let through call by call."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from hypothesis.stateful import RuleBasedStateMachine

from shared.composition.wiring import Backend
from shared.consent.spreading.pending import all_pending
from shared.consent.spreading.spreads import ConsentEvent, resend_late, spread
from shared.context import Context
from shared.core.errors import Refusal
from shared.customers.domain.decisions import CONSENT
from shared.ports.changes import change_of
from shared.ports.documents import Documents
from shared.sync.outbox import relay_changes
from tests.api import COMPANY
from tests.consent.machine.asking import BEGIN, How, Request
from tests.consent.machine.told import OTHER, Ledgers, Messages, documents_of
from tests.doubles.stalling import Run, Turns

SYSTEM: Final = "system:consent"
MOST_STALLED: Final = 3
MOST_ROUNDS: Final = 5  # of the sweeper, until nothing is pending
LONG_ENOUGH: Final = timedelta(hours=3)  # for every message to be late
CALM: Final = How(SYSTEM, 0, {}, None, dies=False)

Open = Callable[[], AbstractAsyncContextManager[Backend]]
Doing = Callable[[Documents], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Begun:
    """An operation under way, what may refuse it, and what happens where it fails."""

    run: Run
    refusals: tuple[type[Refusal], ...]
    failed: Callable[[], None]


class Running(RuleBasedStateMachine):
    """The store of an example, what is under way there, and what was answered."""

    def __init__(self, opened: Open) -> None:
        super().__init__()
        self.now = BEGIN
        self.asked = 0
        self.stalled: list[Begun] = []
        self.failed: list[tuple[str, Request]] = []
        self.settled: set[str] = set()  # requests that answered that everybody sees it
        self.once: set[str] = set()
        self.bus = Messages()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.backend = self.runner.run(self.stack.enter_async_context(opened()))
        self.ledgers = Ledgers(self.backend.documents)
        self.runner.run(self._begin_afresh())

    def context(self) -> Context:
        return self.backend.context(COMPANY, SYSTEM, self.now)

    def _ask(self, request: Request, how: How, *, again: str | None = None) -> None:
        """Let somebody ask, by a clock that may be behind; `again` is what was asked before."""
        self.asked += 1
        self.now += timedelta(minutes=1)
        fingerprint = again or f"request {self.asked}"
        now = self.now - timedelta(minutes=how.behind)
        context = self.backend.context(COMPANY, how.actor, now, fingerprint)
        if request.once:
            self.once.add(fingerprint)

        async def do(documents: Documents) -> None:
            asking = replace(context, documents=documents)
            said = await request.do(asking)
            if said or (said is None and CONSENT not in asking.left_to_feed):
                self.settled.add(fingerprint)

        self._run(do, how, request.refusals, lambda: self.failed.append((fingerprint, request)))

    def _relaying(self, told: tuple[str, int]) -> Doing:
        async def do(documents: Documents) -> None:
            change = change_of("customers", self.ledgers.events[told])
            await relay_changes([change], bus=self.bus, documents=documents, now=self.now)
            self.ledgers.told.pop(told, None)

        return do

    def _delivering(self, name: str) -> Doing:
        event = ConsentEvent.model_validate_json(self.bus.body(name))

        async def do(documents: Documents) -> None:
            context = replace(self.context(), documents=documents)
            if (await spread(event, bus=self.bus, context=context)).rest is None:
                self.ledgers.followed.add((event.data.customer_id, event.data.version))
            self.bus.take(name)

        return do

    def _run(
        self,
        do: Doing,
        how: How,
        refusals: tuple[type[Refusal], ...],
        failed: Callable[[], None] = lambda: None,
    ) -> None:
        self.runner.run(self._begin(do, how, refusals, failed))

    async def _begin(
        self,
        do: Doing,
        how: How,
        refusals: tuple[type[Refusal], ...],
        failed: Callable[[], None],
    ) -> None:
        if how.at is None and not how.faults:
            try:
                await do(self.backend.documents)
            except refusals:
                failed()
            return
        turns = Turns(self.backend.documents)
        await self._let(Begun(Run(turns, do(turns), dict(how.faults)), refusals, failed), how)

    async def _let(self, begun: Begun, how: How) -> None:
        """Let it go on so far; what has not come to its end then has stalled, or dies."""
        run = begun.run
        if isinstance(how.at, int):
            for _ in range(how.at):
                await run.step()
        else:
            await (run.up_to(how.at) if how.at else run.finish())
        if not run.over and (how.dies or len(self.stalled) >= MOST_STALLED):
            await run.crash(inside=False)
        if not run.over:
            self.stalled.append(begun)
        elif run.outcome(*begun.refusals):
            begun.failed()

    async def _begin_afresh(self) -> None:
        """Take what the store begins with as delivered."""
        await self.ledgers.listen()
        self.ledgers.followed |= set(self.ledgers.told)
        self.ledgers.told.clear()
        self.others = await documents_of(OTHER, self.backend.documents)

    async def _come_to_its_end(self) -> None:
        """Let who has stalled go on, and everything be delivered."""
        for begun in self.stalled:
            begun.run.faults.clear()
            await begun.run.finish()
            if begun.run.outcome(*begun.refusals):
                begun.failed()
        self.stalled.clear()
        for _ in range(MOST_ROUNDS):
            await self._deliver_all()
            if not [one async for one in all_pending(self.context())]:
                return
            self.now += LONG_ENOUGH
            await self._sweep()
        raise AssertionError("something is pending for good")

    async def _deliver_all(self) -> None:
        """Relay and deliver what there is, and what follows from that."""
        await self.ledgers.listen()
        while self.ledgers.told or self.bus.waiting:
            for told in list(self.ledgers.told):
                await self._relaying(told)(self.backend.documents)
            for name in list(self.bus.waiting):
                await self._delivering(name)(self.backend.documents)
            await self.ledgers.listen()

    async def _sweep(self) -> None:
        await resend_late(self.context(), bus=self.bus)

    async def _close(self) -> None:
        for begun in self.stalled:
            await begun.run.crash(inside=False)
        await self.stack.aclose()
