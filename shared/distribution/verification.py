"""Proof that a channel holds what it should: the sums of a full form, compared bucket by bucket."""

from collections.abc import Mapping

from pydantic import Field

from shared.context import Context
from shared.core.errors import NotFound
from shared.core.retry import until_not_stale
from shared.core.values import Body, Key, Record, Whole
from shared.distribution.building.documents import packages_above, want_full
from shared.distribution.domain.packages import Package, TableSums
from shared.distribution.domain.sessions import Position, broken_at, in_group, may_ask_for_full
from shared.distribution.sessions import documents
from shared.distribution.sessions.offering import Channel, read_desk


class NothingToVerify(NotFound):
    """The job has no full form at that number, or none up to where the channel is."""

    code = "nothing-to-verify"


class ClaimedBucket(Body):
    """What a channel holds of a bucket."""

    rows: Whole = Field(description="Rows of the bucket")
    sum: str = Field(
        pattern="^[0-9a-f]{16}$", description="Sum of its rows, 16 hex digits",
        examples=["00000000000000ff"],
    )  # fmt: skip


class ClaimedTable(Body):
    """What a channel holds of a table."""

    rows: Whole = Field(description="Rows of the table")
    buckets: list[ClaimedBucket] = Field(
        min_length=64,
        max_length=64,
        description="Its 64 buckets, in their order",
        examples=[[{"rows": 0, "sum": "0000000000000000"}] * 64],
    )


class Claim(Body):
    """What a channel holds at a number of a job."""

    job: Key = Field(description="Number of the distribution job", examples=["1010"])
    number: Whole = Field(description="Number of the package that was applied last")
    tables: dict[str, ClaimedTable] = Field(description="What it holds of each table")


class ChannelSums(Record):
    """What a channel should hold at a number."""

    job: str = Field(description="Number of the distribution job", examples=["1010"])
    number: int = Field(description="Number of the package")
    tables: dict[str, TableSums] = Field(description="Sums of each table")


class Difference(Record):
    """Buckets of a table in which a channel holds something else."""

    table: str = Field(description="Name of the table", examples=["customers"])
    buckets: tuple[int, ...] = Field(description="Numbers of the buckets, from 0")


class Comparison(Record):
    """Whether a channel holds what it should."""

    equal: bool = Field(description="Whether all tables that were sent are equal")
    differs: tuple[Difference, ...] = Field(description="What differs, by table")


async def read_verification(
    channel: Channel, job: str, number: int | None, context: Context
) -> ChannelSums:
    """Return the sums at a number, by default the newest up to the channel's position.

    Raises NothingToVerify. Two reads and a query.
    """
    position = await documents.find_position(channel.number, job, context)
    known = position.value if position else Position(job=job)
    at = in_group(known, channel.group).number
    package = await _full_at(channel, job, number, at, context)
    full = package.full
    return ChannelSums(job=job, number=package.number, tables=full.sums if full else {})


async def compare(channel: Channel, claim: Claim, context: Context) -> Comparison:
    """Compare what the channel holds; where it differs the channel needs a full.

    Raises NothingToVerify, Unavailable.
    """
    package = await _full_at(channel, claim.job, claim.number, claim.number, context)
    sums: Mapping[str, TableSums] = package.full.sums if package.full else {}
    differs = tuple(
        Difference(table=name, buckets=buckets)
        for name, table in claim.tables.items()
        if (buckets := _differing(table, sums.get(name)))
    )
    if differs:
        await _break(channel, claim.job, context)
    return Comparison(equal=not differs, differs=differs)


def _differing(claimed: ClaimedTable, known: TableSums | None) -> tuple[int, ...]:
    if known is None:
        return tuple(range(len(claimed.buckets)))
    pairs = zip(claimed.buckets, known.buckets, strict=True)
    return tuple(
        number for number, (one, other) in enumerate(pairs)
        if (one.rows, one.sum) != (other.rows, other.sum)
    )  # fmt: skip


async def _full_at(
    channel: Channel, job: str, number: int | None, at: int, context: Context
) -> Package:
    above = 0 if number is None else number - 1
    packages = await packages_above(channel.group, job, above, context)
    fulls = [one for one in packages if one.full and one.number <= (number or at)]
    if not fulls:
        raise NothingToVerify(f"{job} has no full form to compare with.")
    return fulls[-1]


async def _break(channel: Channel, job: str, context: Context) -> None:
    """Let the channel take a full: what it holds is wrong. At most once a day."""

    async def attempt() -> None:
        desk = await read_desk(channel, job, context)
        if desk.at.broken is not None or not may_ask_for_full(desk.at, context.now):
            return
        broken = broken_at(desk.at, desk.newest, context.now)
        await want_full(channel.group, job, desk.newest, context)
        records = [documents.Written(broken, desk.position)]
        await documents.write(channel.number, records, context)

    await until_not_stale(attempt)
