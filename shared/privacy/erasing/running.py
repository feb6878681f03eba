"""Running an erasure: the next step in the commit that ends the last, by whoever comes first."""

import logging

from shared.context import Context
from shared.core.errors import Stale
from shared.core.versioned import Versioned
from shared.ports.bus import Bus
from shared.ports.changes import check_reached
from shared.privacy import documents
from shared.privacy.domain.erasures import Erasure
from shared.privacy.erasing.beginning import begin
from shared.privacy.erasing.emptying import Holdings
from shared.privacy.erasing.looking_again import complete, look_again, minimal_note
from shared.privacy.erasing.steps import Work, stepped

log = logging.getLogger(__name__)


async def run_erasure(
    key: str, *, holdings: Holdings, bus: Bus, context: Context, told: int = 0
) -> Erasure | None:
    """Go on with an erasure as far as it can go now; return how far that is.

    Whoever comes second changes nothing; after a crash it goes on where it was. `told` is the
    revision that the feed has told of. Raises Unavailable, also where the store does not show that
    yet, and BusUnavailable.
    """
    while True:
        stored = await documents.find_erasure(key, context)
        if told:
            check_reached(stored.value.revision if stored else None, told)
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
        return await begin(stored, context)
    if erasure.state == "Completed":
        return await look_again(stored, holdings, context)
    step = erasure.next_step
    if step is None:
        await complete(stored, holdings, context)
        return True
    noted = erasure.noted or await minimal_note(erasure.customer_id, context)
    work = Work(holdings, noted, bus, context)
    after = await stepped(step, erasure, work)
    await documents.commit_erasure(stored, after, context)
    return True
