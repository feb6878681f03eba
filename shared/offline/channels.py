"""The channels that upload what they did offline, and what they may do."""

from shared.configuration.domain import collections as col
from shared.configuration.domain.stores import ChannelNotFound
from shared.context import Context
from shared.offline.domain.uploads import check_offline_creation


async def check_channel(channel: str, context: Context) -> None:
    """Raise ChannelNotFound unless the company has the store or online channel."""
    if await context.configuration.find(context.legal_entity, col.STORES, channel) is None:
        raise ChannelNotFound(f"There is no channel {channel}.")


async def check_creation(channel: str, context: Context) -> None:
    """Raise OfflineCreationExcluded unless the channel may create customers offline."""
    store = await context.configuration.store(context.legal_entity, channel, "/storeNumber")
    profile = store.functionality_profile and await context.configuration.find(
        context.legal_entity, col.PROFILES, store.functionality_profile
    )
    group = store.channel_database_group and await context.configuration.find(
        context.legal_entity, col.CHANNEL_GROUPS, store.channel_database_group
    )
    check_offline_creation(
        profile_allows=not profile or profile.create_customers_offline,
        filters_customers=bool(group and group.filter_shared_customer_data),
    )
