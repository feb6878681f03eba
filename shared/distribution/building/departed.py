"""Groups and channels that are gone: what was kept of how far they are goes after 30 days."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from shared.context import Context
from shared.core.values import Record
from shared.core.versioned import Versioned
from shared.distribution.audience import read_audience
from shared.distribution.building import documents
from shared.distribution.runs.documents import JOBS
from shared.distribution.sessions.documents import forget_channel, forget_position, read_positions
from shared.ports.documents import Create, Replace

SEEN: Final = "channels-seen"  # the id and the type
KEPT: Final = timedelta(days=30)
SCHEMA_VERSION: Final = 1
Seen = dict[str, datetime | None]  # since when it is gone; None while it is there


class ChannelsSeen(Record):
    """The groups and channels that were there, and since when those are gone that are not."""

    groups: Seen = {}
    channels: Seen = {}


async def forget_departed(context: Context) -> int:
    """Forget groups and channels that are gone for 30 days; return how many those are.

    Their numbers are needed until then: who comes back goes on with a full under a new one. One
    query or two for the channels, one read, and a commit where any came or went. Raises
    Unavailable, Stale, AlreadyExists.
    """
    audience = await read_audience(context)
    before = await _read(context)
    groups = _seen(before.value.groups, audience.groups, context.now)
    channels = _seen(before.value.channels, audience.stores, context.now)
    gone_groups, gone_channels = _gone(groups, context.now), _gone(channels, context.now)
    for channel in gone_channels:
        await forget_channel(channel, context)
    for group in gone_groups:
        await documents.forget_group(group, context)
    if gone_groups:
        await _forget_positions(gone_groups, audience.stores, context)
    after = ChannelsSeen(
        groups={name: since for name, since in groups.items() if name not in gone_groups},
        channels={name: since for name, since in channels.items() if name not in gone_channels},
    )
    await _write(before, after, context)
    return len(gone_groups) + len(gone_channels)


def _seen(before: Seen, there: Iterable[str], now: datetime) -> Seen:
    """Return what was seen before and now, by name; what has just gone is gone since now."""
    absent = {name: since or now for name, since in before.items()}
    return dict(sorted((absent | dict.fromkeys(there)).items()))


def _gone(seen: Mapping[str, datetime | None], now: datetime) -> set[str]:
    return {name for name, since in seen.items() if since and now - since >= KEPT}


async def _forget_positions(groups: set[str], channels: Iterable[str], context: Context) -> None:
    """Forget positions in these groups, of channels that have moved on and said nothing since.

    The group may come back, and then its numbers begin again.
    """
    for channel in channels:
        for position in (await read_positions(channel, context)).values():
            if position.value.group in groups:
                await forget_position(channel, position.value.job, context)


async def _read(context: Context) -> Versioned[ChannelsSeen]:
    where = context.partition(JOBS)
    document = await context.documents.read(documents.CONTAINER, where, SEEN)
    if document is None:
        return Versioned(ChannelsSeen(), "")
    known = {name: document.body[name] for name in ("groups", "channels")}
    return Versioned(ChannelsSeen.model_validate(known), document.etag)


async def _write(before: Versioned[ChannelsSeen], after: ChannelsSeen, context: Context) -> None:
    if after == before.value:
        return
    body = after.model_dump(mode="json", by_alias=True)
    body |= {"id": SEEN, "type": SEEN, "schemaVersion": SCHEMA_VERSION}
    operation = Replace(body, before.etag) if before.etag else Create(body)
    await context.documents.commit(documents.CONTAINER, context.partition(JOBS), [operation])
