"""Channel database groups: channels that hold the same data, so that it is packaged once."""

from collections.abc import Iterable, Mapping

from shared.configuration.domain.stores import ChannelDatabaseGroup, Store

Groups = Mapping[str, tuple[str, ...]]


def groups_of(stores: Iterable[Store], groups: Iterable[ChannelDatabaseGroup]) -> Groups:
    """Return the channels of each group that has any, both in the order of their names.

    A channel is in the group that its store names, else in the first that lists it, else in one of
    its own, which bears its number. Settings in which two of these differ cannot be written; where
    two writers came at the same moment, the store decides.
    """
    listed = {
        channel: group.name
        for group in sorted(groups, key=lambda group: group.name, reverse=True)
        for channel in group.channels
    }
    members: dict[str, list[str]] = {}
    for number, named in sorted((store.store_number, _named(store)) for store in stores):
        members.setdefault(named or listed.get(number) or number, []).append(number)
    return {name: tuple(members[name]) for name in sorted(members)}


def _named(store: Store) -> str:
    return store.channel_database_group or ""
