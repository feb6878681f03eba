"""What is checked before a store or a channel database group is stored: each has one group.

A channel is in a group because the group lists it or because its store names it; one that is in
none is a group of its own, which bears its number.
"""

from typing import Final

from shared.configuration import documents
from shared.configuration.domain import collections as col
from shared.configuration.domain.stores import ChannelDatabaseGroup, Store
from shared.context import Context
from shared.core.errors import Flaw

RESERVED: Final = "*"  # the first character of what is stored beside channels and groups
MAX_GROUPS: Final = 10  # that list one channel; there is more than one only after a race


async def check_store(store: Store, context: Context) -> list[Flaw]:
    """Return what is wrong with the group of a store. A query and a point read."""
    number, named = store.store_number, store.channel_database_group
    listing = await _groups_listing(number, context)
    flaws = _reserved("/storeNumber", number)
    if named and any(group != named for group in listing):
        flaws.append(_in_another("/channelDatabaseGroup", number, listing[0]))
    if number not in {named, *listing} and await _group_exists(number, context):
        flaws.append(
            _taken("/storeNumber", f"There is a channel database group {number}, of others")
        )
    return flaws


async def check_channel_group(group: ChannelDatabaseGroup, context: Context) -> list[Flaw]:
    """Return what is wrong with the channels of a group. A query and a point read for each."""
    flaws = _reserved("/name", group.name)
    for index, number in enumerate(group.channels):
        others = [name for name in await _groups_of(number, context) if name != group.name]
        if others:
            flaws.append(_in_another(f"/channels/{index}", number, others[0]))
    store = await _find_store(group.name, context)
    if store and group.name not in {*group.channels, store.channel_database_group}:
        flaws.append(_taken("/name", f"There is a store {group.name}, of another group"))
    return flaws


async def _groups_of(number: str, context: Context) -> list[str]:
    """Return the groups that the channel is in now, from either side."""
    store = await _find_store(number, context)
    named = [store.channel_database_group] if store and store.channel_database_group else []
    return [*named, *await _groups_listing(number, context)]


async def _groups_listing(number: str, context: Context) -> list[str]:
    return await documents.query_keys_naming(
        context.documents,
        context.legal_entity,
        col.CHANNEL_GROUPS.name,
        (col.STORES.name, number),
        limit=MAX_GROUPS,
    )


async def _group_exists(name: str, context: Context) -> bool:
    found = await documents.find_setting(
        context.documents, context.legal_entity, col.CHANNEL_GROUPS, name
    )
    return found is not None


async def _find_store(number: str, context: Context) -> Store | None:
    found = await documents.find_setting(
        context.documents, context.legal_entity, col.STORES, number
    )
    return found.value if found else None


def _reserved(pointer: str, key: str) -> list[Flaw]:
    if not key.startswith(RESERVED):
        return []
    return [Flaw(pointer, "reserved-key", f"A key cannot begin with {RESERVED}.")]


def _in_another(pointer: str, channel: str, group: str) -> Flaw:
    detail = f"The channel {channel} is in the channel database group {group}."
    return Flaw(pointer, "channel-in-another-group", detail)


def _taken(pointer: str, reason: str) -> Flaw:
    detail = f"{reason}; a channel that is in no group is one of its own, by its number."
    return Flaw(pointer, "name-taken", detail)
