"""Who holds what: the channels, their groups, and what is in the scope of each for a job."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from shared.configuration.domain.collections import CHANNEL_GROUPS, STORES
from shared.configuration.domain.stores import ChannelDatabaseGroup, ChannelNotFound, Store
from shared.configuration.settings import all_settings
from shared.context import Context
from shared.core.evolve import evolve
from shared.distribution.domain.groups import groups_of
from shared.distribution.domain.jobs import Job
from shared.distribution.domain.scopes import Scope, scope_of


@dataclass(frozen=True, slots=True)
class Audience:
    """The channels of a company by their numbers, and by the group that they are in."""

    stores: Mapping[str, Store]
    settings: Mapping[str, ChannelDatabaseGroup]
    groups: Mapping[str, tuple[str, ...]]

    def group_of(self, channel: str) -> str:
        """Return the group of the channel. Raises ChannelNotFound."""
        for name, channels in self.groups.items():
            if channel in channels:
                return name
        raise ChannelNotFound(f"There is no channel {channel}.")

    def filters_customers(self, group: str) -> bool:
        return group in self.settings and self.settings[group].filter_shared_customer_data

    def filtering(self, group: str, *, filters: bool) -> "Audience":
        """Return the audience if the group filtered shared customer data, or did not."""
        known = self.settings.get(group) or ChannelDatabaseGroup(name=group)
        changed = evolve(known, filter_shared_customer_data=filters)
        return replace(self, settings={**self.settings, group: changed})

    def scope(self, group: str, job: Job) -> Scope:
        """Return what the group may hold of the job; nothing where that is excluded."""
        tables = job.kind.tables
        return scope_of(
            tables,
            [self.stores[channel] for channel in self.groups.get(group, ())],
            excluded=tables if job.exclude_from_offline_databases else job.excluded_tables,
            filters_customers=self.filters_customers(group),
        )


async def read_audience(context: Context) -> Audience:
    """Return the channels and groups as they are cached. Two queries at most."""
    return await context.configuration.derived(
        context.legal_entity, "audience", "", lambda: _read(context)
    )


async def _read(context: Context) -> Audience:
    stores = await all_settings(STORES, context=context)
    groups = await all_settings(CHANNEL_GROUPS, context=context)
    return Audience(
        {store.store_number: store for store in stores},
        {group.name: group for group in groups},
        groups_of(stores, groups),
    )
