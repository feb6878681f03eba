"""What a change of offline data exclusion takes from the channels of each group."""

from collections.abc import Sequence
from typing import Final

from shared.context import Context
from shared.core.concurrency import side_by_side
from shared.distribution.building.documents import find_chain
from shared.distribution.domain.exclusions import (
    ExclusionPreview,
    TablePreview,
    operations_without,
)
from shared.distribution.domain.scopes import Scope
from shared.distribution.exclusion.counting import Rows, count_rows
from shared.distribution.exclusion.planning import Plan
from shared.distribution.offline_creation import profile_allows
from shared.distribution.sessions.offering import Channel, read_desk
from shared.offline.uploads import is_uploading

MAX_ROWS: Final = 100_000  # that are counted of a group
GROUPS_AT_ONCE: Final = 4
CHANNELS_AT_ONCE: Final = 8


async def preview_exclusion(
    plan: Plan, groups: Sequence[str], *, context: Context, most: int = MAX_ROWS
) -> list[ExclusionPreview]:
    """Return what the plan does to each of these groups.

    Groups that hold the same are counted once, by a query for each 500 rows up to the limit. For
    each channel a point read, and where a full package would replace sessions one more with two
    queries. Raises Unavailable.
    """
    scopes = list(dict.fromkeys(plan.before(group) for group in groups))

    async def count(scope: Scope) -> Rows:
        return await count_rows(scope, most, context)

    async def look(group: str) -> ExclusionPreview:
        return await _preview(plan, group, rows[plan.before(group)], context)

    counted = await side_by_side(scopes, count, at_once=GROUPS_AT_ONCE)
    rows = dict(zip(scopes, counted, strict=True))
    return await side_by_side(groups, look, at_once=GROUPS_AT_ONCE)


async def _preview(plan: Plan, group: str, rows: Rows, context: Context) -> ExclusionPreview:
    channels = plan.audience.groups[group]
    sent, still_sent = plan.before(group).sent, plan.after(group).sent
    removed = [table for table in sent if table not in still_sent]
    uploading = await side_by_side(
        channels, lambda channel: is_uploading(channel, context), at_once=CHANNELS_AT_ONCE
    )
    may_create = [await profile_allows(channel, context) for channel in channels]
    return ExclusionPreview(
        channel_database_group=group,
        channels=channels,
        tables=tuple(
            TablePreview(
                name=table,
                rows=rows.by_table.get(table, 0),
                removed=rows.by_table.get(table, 0) if table in removed else 0,
                at_least=rows.at_least and table in sent,
            )
            for table in plan.job.kind.tables
        ),
        operations_lost=operations_without(removed, may_create=any(may_create)),
        sessions=await _replaced_sessions(plan, group, context),
        pending_uploads=sum(uploading),
    )


async def _replaced_sessions(plan: Plan, group: str, context: Context) -> int:
    """Return how many open sessions the next package replaces: it resets a chain of other scope."""
    number = plan.job.number
    chain = await find_chain(group, number, context)
    if chain is None or chain.value.scope == plan.after(group).digest:
        return 0

    async def open_sessions(channel: str) -> int:
        desk = await read_desk(Channel(channel, group), number, context)
        return sum(session.status != "Canceled" for session in desk.sessions())

    channels = plan.audience.groups[group]
    return sum(await side_by_side(channels, open_sessions, at_once=CHANNELS_AT_ONCE))
