"""Running an erasure: the next step in the commit that ends the last, by whoever comes first."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from shared.context import Context
from shared.core.errors import Stale
from shared.core.evolve import evolve
from shared.core.versioned import Versioned
from shared.customers.customers import read_customer
from shared.customers.domain.customers import CustomerNotFound
from shared.ports.bus import Bus
from shared.privacy import documents
from shared.privacy.domain.certificates import certificate_of
from shared.privacy.domain.erasures import MAX_ROUNDS, Blocker, Erasure, StepName
from shared.privacy.erasing.emptying import Holdings
from shared.privacy.erasing.freezing import freeze
from shared.privacy.erasing.looking_again import (
    LOOK_AGAIN,
    commit_erasure,
    look_again,
    minimal_note,
)
from shared.privacy.erasing.requesting import blockers_of
from shared.privacy.erasing.steps import Work, count_left, take_step

log = logging.getLogger(__name__)

WHILE_BLOCKED: Final = timedelta(hours=1)


async def run_erasure(
    key: str, *, holdings: Holdings, bus: Bus, context: Context
) -> Erasure | None:
    """Go on with an erasure as far as it can go now; return how far that is.

    Whoever comes second changes nothing; after a crash it goes on where it was. Raises
    Unavailable, BusUnavailable.
    """
    while True:
        stored = await documents.find_erasure(key, context)
        if stored is None or stored.value.state == "Canceled":
            await documents.forget_due(key, context)
            return stored.value if stored else None
        try:
            if not await _go_on(stored, holdings, bus, context):
                return stored.value
        except Stale:
            log.info("An erasure goes on with another worker")


async def _go_on(
    stored: Versioned[Erasure], holdings: Holdings, bus: Bus, context: Context
) -> bool:
    """Do what is next; return whether there may be more. Raises Stale."""
    erasure = stored.value
    if erasure.state == "Requested":
        return await _begin(stored, context)
    if erasure.state == "Completed":
        return await look_again(stored, holdings, context)
    step = erasure.next_step
    if step is None:
        await _complete(stored, context)
        return True
    noted = erasure.noted or await minimal_note(erasure.customer_id, context)
    work = Work(holdings, noted, bus, context)
    after = await _stepped(step, erasure, work)
    await commit_erasure(stored, after, context)
    return True


async def _begin(stored: Versioned[Erasure], context: Context) -> bool:
    """Empty the record, once the time to cancel is over and nothing keeps it."""
    erasure = stored.value
    if erasure.due_at > context.now:
        return False
    try:
        customer = (await read_customer(erasure.customer_id, context=context)).value
    except CustomerNotFound:
        return False
    blockers = await blockers_of(customer, context)
    if blockers:
        await _wait(stored, blockers, context)
        return False
    await freeze(erasure.customer_id, context=context)
    return True


async def _wait(stored: Versioned[Erasure], blockers: Sequence[Blocker], context: Context) -> None:
    """Say what keeps the data, and have the timer look again."""
    later = context.now + WHILE_BLOCKED
    await documents.note_due(stored.value.customer_id, later, context)
    if tuple(blockers) != stored.value.blockers:
        await commit_erasure(stored, evolve(stored.value, blockers=tuple(blockers)), context)


async def _stepped(step: StepName, erasure: Erasure, work: Work) -> Erasure:
    """Return the erasure with the step done, or with a new round where something is left."""
    now = work.context.now
    if step != "verify":
        return erasure.with_step(step, await take_step(step, work), now)
    left = await count_left(work)
    if left:
        if erasure.rounds + 1 >= MAX_ROUNDS:
            log.error("An erasure found %d documents after %d rounds", left, erasure.rounds + 1)
        return erasure.again()
    return evolve(erasure.with_step(step, 0, now), noted=None)


async def _complete(stored: Versioned[Erasure], context: Context) -> None:
    erasure = stored.value
    customer = (await read_customer(erasure.customer_id, context=context)).value
    head = customer.ledger.head if customer.ledger else ""
    await documents.note_due(erasure.customer_id, context.now + LOOK_AGAIN[0], context)
    completed = evolve(
        erasure,
        state="Completed",
        reason=None,
        noted=None,
        checks=len(LOOK_AGAIN),
        certificate=certificate_of(erasure, head, context.now),
    )
    await commit_erasure(stored, completed, context)
