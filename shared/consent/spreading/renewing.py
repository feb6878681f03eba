"""A customer shows what is in force at a contact point."""

import logging

from shared.consent.domain.points import Point
from shared.consent.points import Holding, PointKey, read_point
from shared.consent.recording.gathering import unlike
from shared.context import Context
from shared.core.evolve import evolve
from shared.core.retry import ANY
from shared.customers.change import Decision, change
from shared.customers.domain.customers import EVERYWHERE, Customer, CustomerNotFound
from shared.customers.domain.decisions import CONSENT, Statement
from shared.ports.documents import CommitTooLarge

log = logging.getLogger(__name__)


async def renew(holder: Holding, *, key: PointKey, point: Point, context: Context) -> bool:
    """Let one holder show what is in force, whatever became of the record. One read, if it does."""
    renewed: frozenset[str] = frozenset()

    async def decide(customer: Customer) -> Decision:
        nonlocal renewed
        renewed = await unlike(customer, key, point, context)
        if renewed:  # or does it show something newer than what this spread began with?
            newest = await read_point(key, context)
            renewed = await unlike(customer, key, newest.value, context)
        if not renewed:
            return Decision(customer)
        touched = evolve(customer, modified_at=context.now, modified_by=context.actor)
        return Decision(touched, details={CONSENT: Statement(renewed=renewed)})

    try:
        await change(
            holder.customer_id,
            decide,
            if_match=ANY,
            context=context,
            feature=None,
            passes=EVERYWHERE,
        )
    except CustomerNotFound:
        return False
    except CommitTooLarge:
        # The others must not wait for this one, whose copy stays older than what is in force.
        log.exception("A customer is too large to show what was decided")
        return False
    return bool(renewed)
