"""Whether a channel may create customers while it is offline."""

from shared.context import Context
from shared.distribution.audience import read_audience
from shared.distribution.domain.scopes import CUSTOMERS
from shared.distribution.runs.jobs import read_job
from shared.offline.channels import check_creation
from shared.offline.domain.uploads import OfflineCreationExcluded

CUSTOMER_JOB = "1010"


async def may_create_offline(channel: str, context: Context) -> bool:
    """Return whether it may: who does not hold customers cannot look for duplicates."""
    audience = await read_audience(context)
    job = (await read_job(CUSTOMER_JOB, context)).job.value
    if CUSTOMERS not in audience.scope(audience.group_of(channel), job).sent:
        return False
    try:
        await check_creation(channel, context)
    except OfflineCreationExcluded:
        return False
    return True
