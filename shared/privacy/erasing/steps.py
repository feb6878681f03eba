"""The steps of an erasure after the first, each of which can be repeated."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from shared.consent.suppressing import suppress
from shared.context import Context
from shared.core.evolve import evolve
from shared.customers.holdings.noted import Noted
from shared.platform.topology import messaging
from shared.ports.bus import Bus
from shared.privacy.domain.erasures import MAX_ROUNDS, Erasure, StepName
from shared.privacy.erasing.emptying import Holdings, copies_of, empty, left_of

log = logging.getLogger(__name__)

PEEK_SIZE: Final = 100
RECORD: Final = "freeze"  # the step of what the first step has emptied


@dataclass(frozen=True, slots=True)
class Work:
    """What the steps work with."""

    holdings: Holdings
    noted: Noted
    bus: Bus
    context: Context

    def of(self, step: StepName) -> Holdings:
        return [holding for holding in self.holdings if holding.step == step]

    @property
    def later(self) -> Holdings:
        """Return what was not emptied with the record itself."""
        return [holding for holding in self.holdings if holding.step != RECORD]


Step = Callable[[Work], Awaitable[int]]


async def stepped(step: StepName, erasure: Erasure, work: Work) -> Erasure:
    """Return the erasure with the step done, or with a new round where something is left."""
    now = work.context.now
    if step != "verify":
        after = erasure.with_step(step, await _take_step(step, work), now)
        return await _with_tombstone(after, work) if step == "channels" else after
    left = await _count_left(work)
    if left:
        if erasure.rounds + 1 >= MAX_ROUNDS:
            log.error("An erasure found %d documents after %d rounds", left, erasure.rounds + 1)
        return erasure.again()
    return evolve(erasure.with_step(step, 0, now), noted=None)


async def _take_step(step: StepName, work: Work) -> int:
    """Do the step; return how many documents or messages it has changed.

    Raises Stale, Unavailable, BusUnavailable: then it is done again.
    """
    if run := OWN.get(step):
        return await run(work)
    return await empty(work.of(step), work.noted, work.context)


async def _with_tombstone(erasure: Erasure, work: Work) -> Erasure:
    """Note which channels may have copies, and what they are to apply."""
    copies = copies_of(work.holdings)
    tombstone = await copies.find(work.noted, work.context) if copies else None
    return evolve(erasure, tombstone=tombstone or erasure.tombstone)


async def _count_left(work: Work) -> int:
    """Return how much an erasure has to change still."""
    return len([left async for left in left_of(work.later, work.noted, work.context)])


async def _suppress(work: Work) -> int:
    return await suppress(work.noted, work.context)


async def _drop_messages(work: Work) -> int:
    """Drop the dead letters that are about the customer."""
    dropped = 0
    for entity in sorted(messaging().entities()):
        sequence = 0
        while True:
            letters = await work.bus.dead_letters(entity, after=sequence, limit=PEEK_SIZE)
            for letter in letters:
                sequence = letter.sequence
                if letter.message.properties.get("customerId") == work.noted.customer_id:
                    dropped += await work.bus.drop(entity, letter.sequence)
            if len(letters) < PEEK_SIZE:
                break
    return dropped


async def _nothing(_: Work) -> int:
    """Do nothing: no other record was merged into this one."""
    return 0


async def _compact(work: Work) -> int:
    await work.context.documents.compact()
    await work.bus.compact()
    return 0


OWN: Final[Mapping[StepName, Step]] = {
    "suppress": _suppress,
    "bus": _drop_messages,
    "merged": _nothing,
    "compact": _compact,
}
