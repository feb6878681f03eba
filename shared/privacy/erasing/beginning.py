"""The beginning of an erasure, once the time to cancel is over and nothing keeps the data."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from shared.context import Context
from shared.core.evolve import evolve
from shared.core.versioned import Versioned
from shared.customers.customers import read_customer
from shared.customers.domain.customers import CustomerNotFound
from shared.privacy import documents
from shared.privacy.domain.erasures import Blocker, Erasure
from shared.privacy.erasing.freezing import freeze
from shared.privacy.erasing.requesting import blockers_of

WHILE_BLOCKED: Final = timedelta(hours=1)


async def begin(stored: Versioned[Erasure], context: Context) -> bool:
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
        blocked = evolve(stored.value, blockers=tuple(blockers))
        await documents.commit_erasure(stored, blocked, context)
