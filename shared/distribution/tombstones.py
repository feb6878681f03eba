"""Who may have rows of a customer who is gone, and who has applied since that they are."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

from shared.context import Context
from shared.core.concurrency import side_by_side
from shared.customers.holdings.copies import Copies
from shared.customers.holdings.noted import Noted, Tombstone
from shared.distribution.audience import read_audience
from shared.distribution.domain.entries import customer_shard
from shared.distribution.domain.sweeping import GONE_WITHIN
from shared.distribution.index.documents import entries_of
from shared.distribution.runs.jobs import read_job
from shared.distribution.sessions.documents import find_position, said_above

JOB: Final = "1010"
AT_ONCE: Final = 16


async def _find_tombstone(noted: Noted, context: Context) -> Tombstone | None:
    """Return the last number of the customer in the index, and the channels whose scope it is in.

    Also of books that the customer has left, as long as the index knows of them. A query for each
    page, and one point read for each channel in whose scope it is.
    """
    shard = customer_shard(noted.customer_id)
    entries = await entries_of(shard, noted.customer_id, context)
    if not entries:
        return None
    reach = {name for entry in entries for name in (*entry.reach, *entry.left)}
    number = max(entry.seq for entry in entries)
    channels = tuple(await _channels(reach, context))
    return Tombstone(shard=shard, number=number, channels=channels)


async def _channels(reach: Collection[str], context: Context) -> list[str]:
    """Return the channels with this in their scope that have ever taken a package.

    Also where customers are excluded by now: a channel may not have applied that.
    """
    audience = await read_audience(context)
    job = (await read_job(JOB, context)).job.value
    channels = sorted(
        channel
        for group, members in audience.groups.items()
        if not set(audience.scope(group, job).reach).isdisjoint(reach)
        for channel in members
    )

    async def has_taken(channel: str) -> bool:
        if await find_position(channel, JOB, context):
            return True
        return bool(await said_above(channel, JOB, 0, context))  # the first byte is noted, too

    taken = await side_by_side(channels, has_taken, at_once=AT_ONCE)
    return [channel for channel, has in zip(channels, taken, strict=True) if has]


async def _passed(
    tombstone: Tombstone, channels: Sequence[str], context: Context
) -> Mapping[str, datetime]:
    """Return those whose position is at the tombstone or beyond. One point read each."""

    async def applied_at(channel: str) -> datetime | None:
        stored = await find_position(channel, JOB, context)
        if stored and stored.value.has_passed(tombstone.shard, tombstone.number):
            return stored.value.applied_at
        return None

    found = await side_by_side(channels, applied_at, at_once=AT_ONCE)
    return {channel: at for channel, at in zip(channels, found, strict=True) if at}


PACKAGED: Final = Copies("packages for channels", GONE_WITHIN, _find_tombstone, _passed)
