"""Whether a channel may create customers while it is offline."""

from typing import Final

from shared.context import Context
from shared.distribution.audience import read_audience
from shared.distribution.domain.scopes import CUSTOMERS
from shared.distribution.runs.jobs import read_job
from shared.offline.channels import check_creation
from shared.offline.domain.uploads import OfflineCreationExcluded

CUSTOMER_JOB: Final = "1010"


async def check_holds_customers(channel: str, context: Context) -> None:
    """Raise OfflineCreationExcluded unless customers are sent to the channel.

    Who does not hold customers cannot look for duplicates. Two point reads. Raises ChannelNotFound.
    """
    audience = await read_audience(context)
    job = (await read_job(CUSTOMER_JOB, context)).job.value
    if CUSTOMERS not in audience.scope(audience.group_of(channel), job).sent:
        raise OfflineCreationExcluded(
            "Customers are not sent to the channel, so it cannot look for duplicates offline."
        )


async def profile_allows(channel: str, context: Context) -> bool:
    """Return whether its profile and its group allow it, whatever is sent to it."""
    try:
        await check_creation(channel, context)
    except OfflineCreationExcluded:
        return False
    return True


async def may_create_offline(channel: str, context: Context) -> bool:
    """Return whether it may, by its profile, its group, and what is sent to it."""
    try:
        await check_holds_customers(channel, context)
    except OfflineCreationExcluded:
        return False
    return await profile_allows(channel, context)
