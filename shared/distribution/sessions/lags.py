"""How far each channel is behind with each job."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from shared.context import Context
from shared.core.concurrency import side_by_side
from shared.distribution.audience import read_audience
from shared.distribution.building.documents import all_chains, first_above
from shared.distribution.domain.packages import Chain
from shared.distribution.domain.sessions import Position, in_group
from shared.distribution.sessions.documents import read_positions
from shared.distribution.sessions.registrations import find_channel

GROUPS_AT_ONCE: Final = 8


class ChannelLag(NamedTuple):
    """For how many seconds a channel has not applied a package of a job; 0 where it has all."""

    channel: str
    job: str
    seconds: float


class Lags(NamedTuple):
    """How far channels are behind, and by job the most deltas that any group had since a full."""

    channels: list[ChannelLag]
    deltas: dict[str, int]


async def channel_lags(context: Context) -> Lags:
    """Return how far the channels are behind that have applied anything, and are not paused.

    A query for each group; a read, a query, and one for each job that it is behind with, for each
    channel. Raises Unavailable.
    """
    audience = await read_audience(context)

    async def look(group: str) -> Lags:
        return await _look(group, audience.groups[group], context)

    groups = [name for name, channels in audience.groups.items() if channels]
    looked = await side_by_side(groups, look, at_once=GROUPS_AT_ONCE)
    deltas: dict[str, int] = {}
    for one in looked:
        for job, count in one.deltas.items():
            deltas[job] = max(count, deltas.get(job, 0))
    return Lags([lag for one in looked for lag in one.channels], deltas)


async def _look(group: str, channels: Sequence[str], context: Context) -> Lags:
    chains = await all_chains(group, context)
    found: dict[tuple[str, int], datetime] = {}  # when the first package above a number was made
    lags: list[ChannelLag] = []
    for channel in channels if chains else ():
        numbers = await _numbers(channel, group, chains, context)
        for job, number in numbers.items():
            since = context.now
            if number < chains[job].number:
                since = found.get((job, number)) or await _since(group, job, number, context)
                found[job, number] = since
            lags.append(ChannelLag(channel, job, (context.now - since).total_seconds()))
    deltas = {job: chain.number - chain.last_full for job, chain in chains.items()}
    return Lags(lags, deltas)


async def _numbers(
    channel: str, group: str, chains: Mapping[str, Chain], context: Context
) -> dict[str, int]:
    """Return what the channel has applied of each chain; nothing of one that does not take part."""
    positions = await read_positions(channel, context)
    if not positions or (await find_channel(channel, context)).is_paused:
        return {}
    known = {job: one.value for job, one in positions.items()}
    return {job: in_group(known.get(job, Position(job=job)), group).number for job in chains}


async def _since(group: str, job: str, number: int, context: Context) -> datetime:
    package = await first_above(group, job, number, context)
    return package.created_at if package else context.now
