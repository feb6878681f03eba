"""Building the next package of a group and job from the index."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple
from uuid import uuid4

from shared.context import Context
from shared.core.errors import Conflict
from shared.core.evolve import evolve
from shared.core.retry import until_not_stale
from shared.core.versioned import Versioned
from shared.distribution.building import documents
from shared.distribution.building.writing import FormWriter
from shared.distribution.domain.lines import header_of
from shared.distribution.domain.packages import (
    After,
    Chain,
    Form,
    FullReason,
    Package,
    must_reset,
    versions_of,
)
from shared.distribution.domain.scopes import Scope
from shared.distribution.index.reading import Reading, heads_of
from shared.ports.packages import Packages


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be built: for whom, of which job, for which run, and whether in full.

    `after` are the jobs whose packages are to be applied before. It `is_needed` in full where a
    channel cannot go on by deltas; that is looked up.
    """

    group: str
    job: str
    run: str
    scope: Scope
    after: tuple[str, ...] = ()
    is_full: bool = False
    is_needed: bool = False
    is_by_hand: bool = False


class Built(NamedTuple):
    """The package, if there was anything to send, and why it has a full form, if it has one."""

    package: Package | None
    reason: FullReason | None = None
    is_excluded: bool = False


class BuildCanceled(Conflict):
    """The run was canceled while its package was built."""

    code = "build-canceled"


async def _never() -> bool:
    return False


async def build_package(
    order: Order,
    *,
    packages: Packages,
    context: Context,
    is_canceled: Callable[[], Awaitable[bool]] = _never,
) -> Built:
    """Build the next package; none where there is nothing to send.

    Asked again for the same run it returns the package of that run. What another builder builds
    meanwhile is looked at again: its parts are nobody's, and are swept. Whether it `is_canceled` is
    asked before each shard is read, and before the commit. Raises BuildCanceled, Unavailable.
    """

    async def attempt() -> Built:
        stored = await documents.find_chain(order.group, order.job, context)
        chain = stored.value if stored else Chain(job=order.job, built_at=context.now)
        if chain.run == order.run:
            return Built(
                await documents.read_package(order.group, order.job, chain.number, context)
            )
        wanted = await documents.wanted_above(order.group, order.job, context)
        is_needed = wanted is not None and wanted >= chain.last_full
        known = replace(order, is_needed=is_needed)
        building = _Building(known, chain, stored, packages, context)
        return await building.build(is_canceled)

    return await until_not_stale(attempt)


class _Building:
    """One attempt to build a package."""

    def __init__(
        self,
        order: Order,
        chain: Chain,
        stored: Versioned[Chain] | None,
        packages: Packages,
        context: Context,
    ) -> None:
        self.order, self.chain, self.stored, self.context = order, chain, stored, context
        self.scope = order.scope
        self.reason = chain.reason_for_full(
            order.scope, is_asked=order.is_full, is_needed=order.is_needed, now=context.now
        )
        self.is_reset = must_reset(self.reason, is_by_hand=order.is_by_hand)
        number = str(chain.number + 1)
        place = (context.legal_entity, order.group, order.job, number)
        token = f"{order.run}-{uuid4().hex[:8]}"
        self.full = FormWriter("full", place, token, packages) if self.reason else None
        has_delta = chain.number > 0 and not self.is_reset
        self.delta = FormWriter("delta", place, token, packages) if has_delta else None

    async def build(self, is_canceled: Callable[[], Awaitable[bool]]) -> Built:
        if not self.scope.sent and self.chain.scope == self.scope.digest:
            return Built(None, is_excluded=True)
        heads = await heads_of(self.scope.shards, self.context)
        if self.reason is None and heads == self.chain.watermark:
            return Built(None)
        to: dict[str, int] = {}
        for shard in self.scope.shards:
            await _check(is_canceled)
            to[shard] = await self._read(shard, heads[shard])
        if self.reason is None and self.delta and self.delta.is_empty:
            return Built(None)
        package = await self._package(to)
        await _check(is_canceled)
        await documents.append_package(
            self.order.group, self.stored, self._continued(package), package, self.context
        )
        return Built(package, self.reason)

    async def _read(self, shard: str, head: int) -> int:
        """Write what the shard says, and return the number at which that is exact."""
        known = self.chain.watermark.get(shard, 0)
        reading = Reading(shard, 0 if self.full else known)
        async for page in reading.pages(self.scope, self.context):
            for entry in page:
                is_there = entry.is_in(self.scope.reach)
                is_late = entry.seq > head
                if self.full:
                    await self.full.add(entry, is_there=is_there, is_late=is_late)
                if self.delta and entry.seq > known:
                    await self.delta.add(entry, is_there=is_there, is_late=is_late)
        return reading.number

    async def _package(self, to: dict[str, int]) -> Package:
        package = Package(
            job=self.order.job,
            number=self.chain.number + 1,
            run=self.order.run,
            start=self.chain.watermark,
            to=to,
            after=tuple(await self._after()),
            versions=versions_of(self.scope),
            tables=self.scope.tables,
            reset=self.is_reset,
            traceparent=self.context.traceparent,
            created_at=self.context.now,
        )
        return evolve(
            package,
            full=await self._finish(package, self.full),
            delta=await self._finish(package, self.delta),
        )

    async def _finish(self, package: Package, writer: FormWriter | None) -> Form | None:
        if writer is None:
            return None
        header = header_of(package, writer.form, self.order.group, self.context.legal_entity)
        return await writer.finish(header, self.scope.tables)

    async def _after(self) -> Sequence[After]:
        """Return the newest packages of the jobs that come before, as they are now."""
        after = []
        for job in self.order.after:
            chain = await documents.find_chain(self.order.group, job, self.context)
            if chain:
                after.append(After(job=job, number=chain.value.number))
        return after

    def _continued(self, package: Package) -> Chain:
        full = package.full
        rows = 0 if full or not package.delta else self.chain.rows_since + package.delta.rows
        return Chain(
            job=package.job,
            number=package.number,
            run=package.run,
            watermark=package.to,
            scope=self.scope.digest,
            versions=package.versions,
            last_full=package.number if full else self.chain.last_full,
            last_reset=package.number if package.reset else self.chain.last_reset,
            full_rows=full.puts if full else self.chain.full_rows,
            rows_since=rows,
            built_at=self.context.now,
        )


async def _check(is_canceled: Callable[[], Awaitable[bool]]) -> None:
    if await is_canceled():
        raise BuildCanceled("The run was canceled.")
