"""How far each channel has come with each job."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import Field

from shared.context import Context
from shared.core.concurrency import side_by_side
from shared.core.values import Record
from shared.core.versioned import Versioned
from shared.distribution.building.documents import all_chains
from shared.distribution.domain.packages import Chain
from shared.distribution.domain.sessions import Position, Status, in_group
from shared.distribution.sessions.documents import read_positions
from shared.distribution.sessions.listing import JOBS
from shared.distribution.sessions.offering import Channel, desk_at, since

AT_ONCE = 8


class JobPosition(Record):
    """How far a channel has come with a job."""

    job: str = Field(description="Number of the distribution job", examples=["1010"])
    number: int = Field(description="Number of the package that was applied last; 0 for none")
    newest: int = Field(description="Number of the newest package")
    behind: int = Field(description="Packages that are not applied yet")
    status: Status = Field(description="State of the next session; Applied where there is none")


class ChannelView(Record):
    """How far a channel has come."""

    channel: str = Field(description="Store or online channel", examples=["HOUSTON"])
    channel_database_group: str = Field(description="Group of the channel")
    paused: bool = Field(description="Whether its sessions are suspended")
    lag: float = Field(
        description="Seconds since the first package was made that is not applied; 0 for none"
    )
    jobs: tuple[JobPosition, ...] = Field(description="How far it has come with each job")
    last_seen_at: datetime | None = Field(description="When it last applied a package")


async def channel_view(channel: Channel, context: Context) -> ChannelView:
    """Return how far the channel has come. Two queries, and two for each job it is behind with."""
    positions = await read_positions(channel.number, context)
    chains = await all_chains(channel.group, context)

    async def look(job: str) -> tuple[JobPosition, datetime | None]:
        return await _job(channel, job, positions, chains, context)

    found = await side_by_side([job for job in JOBS if job in chains], look, at_once=AT_ONCE)
    first = min((made for _, made in found if made), default=None)
    seen = [one.value.applied_at for one in positions.values() if one.value.applied_at]
    return ChannelView(
        channel=channel.number,
        channel_database_group=channel.group,
        paused=channel.is_paused,
        lag=round((context.now - first).total_seconds(), 1) if first else 0.0,
        jobs=tuple(one for one, _ in found),
        last_seen_at=max(seen, default=None),
    )


async def _job(
    channel: Channel,
    job: str,
    positions: Mapping[str, Versioned[Position]],
    chains: Mapping[str, Chain],
    context: Context,
) -> tuple[JobPosition, datetime | None]:
    """Return how far it has come with a job, and when the first package it lacks was made."""
    position, newest = positions.get(job), chains[job].number
    known = position.value if position else Position(job=job)
    number = in_group(known, channel.group).number
    status: Status = "Applied"
    first = None
    if newest > number:
        desk = await desk_at(channel, job, position, context)
        first = since(desk)
        offered = [one for one in desk.sessions() if one.status != "Canceled"]
        status = offered[0].status if offered else "Suspended"
    found = JobPosition(
        job=job, number=number, newest=newest, behind=max(newest - number, 0), status=status
    )
    return found, first
