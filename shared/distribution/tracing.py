"""Where a customer is on the way to each channel, and why it is not there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

from pydantic import Field

from shared.context import Context
from shared.core.concurrency import side_by_side
from shared.core.values import Record
from shared.distribution.audience import Audience, read_audience
from shared.distribution.building.documents import find_chain
from shared.distribution.domain.entries import Entry, customer_shard
from shared.distribution.domain.scopes import CUSTOMERS, OWN
from shared.distribution.index.documents import read_entry
from shared.distribution.runs.documents import StoredJob
from shared.distribution.sessions.offering import Desk, Session, read_desk
from shared.distribution.sessions.registrations import find_channel
from shared.sync.trace import State, Step

JOB: Final = "1010"
MOST_CHANNELS: Final = 20
AT_ONCE: Final = 4
INDEXED_WITHIN: Final = timedelta(seconds=10)
GRACE: Final = timedelta(minutes=1)
Why = Literal[
    "not-in-address-books", "excluded-by-job", "excluded-by-table", "filtered-customer-data",
    "job-inactive", "session-failed", "session-suspended", "channel-paused",
    "channel-silent-since",
]  # fmt: skip


class ChannelTrace(Record):
    """How far the newest version of a customer has come on the way to a channel."""

    channel: Annotated[str, Field(description="Store or online channel.", examples=["HOUSTON"])]
    channel_database_group: Annotated[str, Field(description="Group of the channel.")]
    in_scope: Annotated[bool, Field(description="Whether the channel may hold the customer.")]
    why: Annotated[Why | None, Field(description="Why the customer is not there, or not yet.")] = (
        None
    )
    customer_books: Annotated[
        tuple[str, ...], Field(description="Address books of the customer, where they are why.")
    ] = ()
    channel_books: Annotated[
        tuple[str, ...], Field(description="Address books of the channel, where they are why.")
    ] = ()
    since: Annotated[
        datetime | None, Field(description="Since when the channel is silent, if it is.")
    ] = None
    steps: Annotated[
        tuple[Step, ...], Field(description="packaged, downloaded and applied, in their order.")
    ] = ()
    version: Annotated[
        int | None, Field(description="Version that the channel is known to hold.")
    ] = None
    expected_at: Annotated[
        datetime | None, Field(description="When the channel should have applied it.")
    ] = None


@dataclass(frozen=True, slots=True)
class Looking:
    """What all channels are looked at by. `entry` is what the index says of the customer."""

    audience: Audience
    job: StoredJob
    entry: Entry | None
    version: int
    shard: str
    download_every: timedelta
    context: Context

    def scope_has_it(self, group: str) -> bool:
        reach = self.audience.scope(group, self.job.job.value).reach
        return self.entry is not None and not set(self.entry.reach).isdisjoint(reach)

    @property
    def is_indexed(self) -> bool:
        return self.entry is not None and self.entry.version >= self.version


def indexed_step(looking: Looking, modified_at: datetime) -> Step:
    """Return whether the index says what the newest version is."""
    if looking.is_indexed:
        return Step(step="indexed", state="done", version=looking.version)
    late_by = (looking.context.now - modified_at - INDEXED_WITHIN).total_seconds()
    reached = looking.entry.version if looking.entry else None
    if late_by <= 0:
        return Step(step="indexed", state="pending", version=reached)
    return Step(step="indexed", state="late", version=reached, late_by=round(late_by, 1))


async def look_at(
    key: str, version: int, job: StoredJob, download_every: timedelta, context: Context
) -> Looking:
    """Return what the index says of the customer. One point read, and the cached channels."""
    shard = customer_shard(key)
    entry = await read_entry(shard, CUSTOMERS, key, context)
    audience = await read_audience(context)
    return Looking(audience, job, entry, version, shard, download_every, context)


async def trace_channels(looking: Looking, channel: str | None) -> list[ChannelTrace]:
    """Return how far it has come: to one channel, or to twenty, those first that may hold it.

    Some six reads and queries for each. Raises ChannelNotFound.
    """
    audience = looking.audience
    numbers = [channel] if channel else sorted(audience.stores)
    numbers.sort(key=lambda one: not looking.scope_has_it(audience.group_of(one)))

    async def trace(number: str) -> ChannelTrace:
        return await _trace(number, looking)

    return await side_by_side(numbers[:MOST_CHANNELS], trace, at_once=AT_ONCE)


async def _trace(number: str, looking: Looking) -> ChannelTrace:
    channel = await find_channel(number, looking.context)
    found = ChannelTrace(channel=number, channel_database_group=channel.group, in_scope=False)
    if why := _excluded(channel.group, looking):
        return found.model_copy(update=why)
    desk = await read_desk(channel, JOB, looking.context)
    chain = await find_chain(channel.group, JOB, looking.context)
    is_packaged = _is_in(chain.value.watermark if chain else {}, looking)
    is_applied = is_packaged and _is_applied(desk, looking)
    open_sessions = [one for one in desk.sessions() if one.status != "Canceled"]
    is_downloaded = is_applied or any(one.status == "Downloaded" for one in open_sessions)
    steps = (
        _step("packaged", is_packaged),
        _step("downloaded", is_packaged and is_downloaded),
        _step("applied", is_applied),
    )
    late = {} if is_applied else _late(desk, open_sessions, looking)
    return found.model_copy(
        update={
            "in_scope": True,
            "steps": steps,
            "version": looking.version if is_applied else None,
            "expected_at": None if is_applied else _expected(desk, looking, is_packaged),
            **late,
        }
    )


def _excluded(group: str, looking: Looking) -> dict[str, object]:
    """Return why the group may not hold the customer; nothing where it may."""
    job, entry = looking.job.job.value, looking.entry
    reasons: dict[Why, bool] = {
        "excluded-by-job": job.exclude_from_offline_databases,
        "excluded-by-table": CUSTOMERS in job.excluded_tables,
        "filtered-customer-data": looking.audience.filters_customers(group),
    }
    if why := _first(reasons):
        return {"why": why}
    if entry is None or looking.scope_has_it(group):
        return {}
    reach = looking.audience.scope(group, job).reach
    return {
        "why": "not-in-address-books",
        "customer_books": tuple(one for one in entry.reach if not one.startswith(OWN)),
        "channel_books": tuple(one for one in reach if not one.startswith(OWN)),
    }


def _first(reasons: Mapping[Why, bool]) -> Why | None:
    return next((why for why, holds in reasons.items() if holds), None)


def _is_in(watermark: Mapping[str, int], looking: Looking) -> bool:
    """Return whether the newest version is in what was packaged up to there."""
    entry = looking.entry
    at = watermark.get(looking.shard, 0)
    return looking.is_indexed and entry is not None and at >= entry.seq


def _is_applied(desk: Desk, looking: Looking) -> bool:
    """Return whether what the channel has applied holds the newest version, or a later one."""
    entry = looking.entry
    return looking.is_indexed and entry is not None and desk.at.has_passed(looking.shard, entry.seq)


def _late(desk: Desk, sessions: Sequence[Session], looking: Looking) -> dict[str, object]:
    """Return why it is late, if it is known."""
    failed = [one for one in sessions if one.status == "ApplyFailed"]
    made = desk.offered.offers[0].package.created_at if desk.offered.offers else None
    is_silent = made and looking.context.now - made > looking.download_every + GRACE
    why = _first(
        {
            "job-inactive": not looking.job.job.value.active,
            "channel-paused": desk.channel.is_paused,
            "session-failed": bool(failed) and sessions[-1] == failed[-1],
            "session-suspended": bool(failed),
            "channel-silent-since": bool(is_silent),
        }
    )
    since = desk.at.applied_at or made
    return {"why": why, "since": since if why == "channel-silent-since" else None}


def _expected(desk: Desk, looking: Looking, is_packaged: bool) -> datetime | None:
    """Return when the channel should have applied it."""
    applied_within = looking.download_every + GRACE
    if is_packaged and desk.offered.offers:
        return desk.offered.offers[-1].package.created_at + applied_within
    stored = looking.job
    due = stored.job.value.next_due(stored.last_due.value, looking.context.now)
    return due + GRACE + applied_within if due else None


def _step(name: str, is_done: bool) -> Step:
    state: State = "done" if is_done else "pending"
    return Step(step=name, state=state)
