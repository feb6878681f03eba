"""Building the next package of a group and job from the index."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from uuid import uuid4

from shared.context import Context
from shared.core.evolve import evolve
from shared.core.retry import until_not_stale
from shared.core.versioned import Versioned
from shared.distribution.building import documents
from shared.distribution.building.builds import (
    Build,
    BuildCanceled,
    BuildGoesOn,
    Built,
    find_build,
    other_build,
    over,
    remove_build,
    write_build,
)
from shared.distribution.building.orders import Order
from shared.distribution.building.writing import FormWriter
from shared.distribution.domain.lines import header_of
from shared.distribution.domain.packages import (
    After,
    Chain,
    Form,
    Package,
    must_reset,
    versions_of,
)
from shared.distribution.index.reading import Reading, heads_of
from shared.ports.packages import Packages


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
    asked before each shard is read, and before the commit. After each part, and never in the midst
    of one, it is noted how far the build has come, and it gives way. Raises BuildCanceled,
    BuildGoesOn, Unavailable.
    """

    async def attempt() -> Built:
        known = await find_build(order.group, order.run, context)
        if known and known.value.is_done:
            number = known.value.number
            return Built(await documents.find_package(order.group, order.job, number, context))
        stored = await documents.find_chain(order.group, order.job, context)
        wanted = await documents.wanted_above(order.group, order.job, context)
        last_full = stored.value.last_full if stored else 0
        is_needed = wanted is not None and wanted >= last_full
        building = _Building(replace(order, is_needed=is_needed), stored, known, packages, context)
        return await building.build(is_canceled)

    return await until_not_stale(attempt)


class _Building:
    """One attempt to build a package, from the beginning or from where another one came to."""

    def __init__(
        self,
        order: Order,
        stored: Versioned[Chain] | None,
        known: Versioned[Build] | None,
        packages: Packages,
        context: Context,
    ) -> None:
        chain = stored.value if stored else Chain(job=order.job, built_at=context.now)
        self.order, self.chain, self.stored, self.context = order, chain, stored, context
        self.scope, self.known = order.scope, known
        reason = chain.reason_for_full(
            order.scope, is_asked=order.is_full, is_needed=order.is_needed, now=context.now
        )
        begun = Build(
            run=order.run,
            job=order.job,
            number=chain.number + 1,
            scope=order.scope.digest,
            versions=versions_of(order.scope),
            reason=reason,
            is_reset=must_reset(reason, is_by_hand=order.is_by_hand),
            step=known.value.step if known else 0,
            written_at=context.now,
        )
        self.so_far = known.value if known and known.value.is_of(begun) else begun
        self.reason, self.is_reset = self.so_far.reason, self.so_far.is_reset
        place = (context.legal_entity, order.group, order.job, str(begun.number))
        # No two builders write under one name, even where both go on from the same part.
        token = f"{order.run}-{uuid4().hex[:8]}"
        has_delta = chain.number > 0 and not self.is_reset
        writer_of = partial(
            FormWriter, place=place, token=token, packages=packages, max_rows=order.max_rows
        )
        self.full = writer_of("full") if self.reason else None
        self.delta = writer_of("delta") if has_delta else None
        self.writers = [writer for writer in (self.full, self.delta) if writer]
        for writer in self.writers:
            if written := self.so_far.forms.get(writer.form):
                writer.go_on(written)

    async def build(self, is_canceled: Callable[[], Awaitable[bool]]) -> Built:
        if not self.scope.sent and self.chain.scope == self.scope.digest:
            return Built(None, is_excluded=True)
        heads = self.so_far.heads or await heads_of(self.scope.shards, self.context)
        if self.reason is None and heads == self.chain.watermark:
            return await self._nothing()
        await self._check_others()
        return await self._read_all(heads, is_canceled)

    async def _read_all(
        self, heads: Mapping[str, int], is_canceled: Callable[[], Awaitable[bool]]
    ) -> Built:
        to = dict(self.so_far.to)
        for shard in [one for one in self.scope.shards if one not in to]:
            await _check(is_canceled)
            # Where another builder gave way, it was in the midst of the first of them.
            cursor = self.so_far.cursor if to == self.so_far.to else None
            reading = self._reading(shard, cursor)
            if not await self._read(reading, heads[shard]):
                return await self._pause(reading, heads, to)
            to[shard] = reading.number
        if self.reason is None and self.delta and self.delta.is_empty:
            return await self._nothing()
        return await self._append(await self._package(to), is_canceled)

    async def _nothing(self) -> Built:
        """Forget what was built, if others have built the same meanwhile."""
        if self.known:
            await remove_build(self.order.group, self.order.run, self.context)
        return Built(None)

    async def _append(self, package: Package, is_canceled: Callable[[], Awaitable[bool]]) -> Built:
        await _check(is_canceled)
        await documents.append_package(
            self.order.group,
            self.stored,
            self._continued(package),
            package,
            self.context,
            also=[over(self.known, self.so_far.done(self.context.now))],
        )
        return Built(package, self.reason)

    async def _check_others(self) -> None:
        """Raise BuildGoesOn where this is to begin while another run's build has."""
        if self.so_far.forms:
            return
        order = self.order
        if other := await other_build(order.group, order.job, order.run, self.context):
            raise BuildGoesOn(f"The package of {other.run} is still built.", run=other.run)

    def _reading(self, shard: str, cursor: int | None) -> Reading:
        known = self.chain.watermark.get(shard, 0)
        if cursor is None:
            return Reading(shard, 0 if self.full else known, least=known)
        return Reading(shard, cursor, least=max(known, self.so_far.seen))

    async def _read(self, reading: Reading, head: int) -> bool:
        """Write what the shard says up to a number where that is exact; False to go on later."""
        known = self.chain.watermark.get(reading.shard, 0)
        page_size = self.order.page_size
        async for page in reading.pages(self.scope, self.context, page_size=page_size):
            for entry in page:
                is_there = entry.is_in(self.scope.reach)
                is_late = entry.seq > head
                if self.full:
                    self.full.add(entry, is_there=is_there, is_late=is_late)
                if self.delta and entry.seq > known:
                    self.delta.add(entry, is_there=is_there, is_late=is_late)
            if any(writer.is_due for writer in self.writers):
                return False
        return True

    async def _pause(
        self, reading: Reading, heads: Mapping[str, int], to: Mapping[str, int]
    ) -> Built:
        """Write the part, and note what another builder needs to go on."""
        seen = (await heads_of([reading.shard], self.context))[reading.shard]
        paused = evolve(
            self.so_far,
            heads=dict(heads),
            to=dict(to),
            cursor=reading.number,
            seen=seen,
            forms={writer.form: await writer.pause() for writer in self.writers},
            step=self.so_far.step + 1,
            written_at=self.context.now,
        )
        await write_build(self.order.group, self.known, paused, self.context)
        return Built(None, step=paused.step)

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
