"""What a run by hand names: the versions of customers that it waits for, and its groups."""

from collections.abc import Sequence
from typing import Final

from shared.configuration.domain import collections as col
from shared.configuration.settings import all_settings
from shared.context import Context
from shared.core.concurrency import side_by_side
from shared.core.errors import Flaw, Invalid
from shared.customers.customers import customer_exists, resolve
from shared.customers.domain.customers import CustomerNotFound
from shared.distribution.domain.groups import Groups, groups_of
from shared.distribution.domain.runs import CustomerVersion, IncludedVersion

READS_AT_ONCE: Final = 16


async def current_groups(context: Context) -> Groups:
    """Return the channels of each group as they are set now. One query for each 500."""
    stores = await all_settings(col.STORES, context=context)
    groups = await all_settings(col.CHANNEL_GROUPS, context=context)
    return groups_of(stores, groups)


async def check_groups(names: Sequence[str], context: Context) -> None:
    """Raise Invalid, unless each is a group that has channels."""
    groups = await current_groups(context) if names else {}
    flaws = [
        Flaw(
            f"/channelDatabaseGroups/{index}",
            "unknown-channel-database-group",
            f"There is no channel database group {name} that has channels.",
        )
        for index, name in enumerate(names)
        if name not in groups
    ]
    if flaws:
        raise Invalid(flaws)


async def included_versions(
    includes: Sequence[IncludedVersion], context: Context
) -> tuple[CustomerVersion, ...]:
    """Return what to wait for, by the GUIDs of the customers. Raises Invalid."""

    async def find(included: IncludedVersion) -> CustomerVersion | None:
        try:
            key = await resolve(included.customer_id, context=context)
        except CustomerNotFound:
            return None
        exists = await customer_exists(context.documents, context.legal_entity, key)
        return CustomerVersion(customer_id=key, version=included.version) if exists else None

    found = await side_by_side(includes, find, at_once=READS_AT_ONCE)
    flaws = [
        Flaw(f"/includes/{index}/customerId", "customer-not-found", "There is no such customer.")
        for index, version in enumerate(found)
        if version is None
    ]
    if flaws:
        raise Invalid(flaws)
    return tuple(version for version in found if version)
