"""Sweeping packages: what nobody takes any more, and parts that no package names."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from shared.context import Context
from shared.core.concurrency import side_by_side
from shared.distribution.audience import read_audience
from shared.distribution.building import documents
from shared.distribution.building.builds import all_builds
from shared.distribution.building.departed import forget_departed
from shared.distribution.domain.packages import Chain, Package
from shared.distribution.domain.sessions import Position
from shared.distribution.domain.sweeping import must_renew, obsolete
from shared.distribution.sessions.documents import read_positions
from shared.ports.packages import Packages, name_of, segments_of

GROUPS_AT_ONCE: Final = 8
ORPHANED: Final = timedelta(days=1)  # before a part that no package names is nobody's
MAX_SEEN: Final = 2_000  # parts of a group that are remembered as such
FOLDERS: Final = 4  # of the name of a part: company, group, job and number
Names = Mapping[str, Sequence[str]]  # by job


class Swept(NamedTuple):
    """How many packages went, and how many parts without one."""

    packages: int = 0
    orphans: int = 0


async def sweep_packages(*, packages: Packages, context: Context) -> Swept:
    """Remove what no channel is offered any more; return how much that was. Forget who is gone.

    Again it removes what was left: a package goes before its parts, which are then nobody's.
    For each group that has channels or parts 4 queries, 1 for each channel, and 1 for each job.
    Raises Unavailable, Stale, AlreadyExists.
    """
    audience = await read_audience(context)
    names = await _names(packages, context)

    async def sweep(group: str) -> Swept:
        sweeper = _Sweeper(group, packages, context)
        return await sweeper.sweep(audience.groups.get(group, ()), names.get(group, {}))

    groups = sorted({*audience.groups, *names})
    swept = await side_by_side(groups, sweep, at_once=GROUPS_AT_ONCE)
    await forget_departed(context)
    return Swept(sum(one.packages for one in swept), sum(one.orphans for one in swept))


async def _names(packages: Packages, context: Context) -> dict[str, Names]:
    """Return the names of all parts of the company, by group and job."""
    names: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    folder = name_of(context.legal_entity, file="a.b").removesuffix("a.b")
    async for name in packages.names(folder):
        segments = segments_of(name)
        if len(segments) > FOLDERS:
            names[segments[1]][segments[2]].append(name)
    return dict(names)


class _Sweeper(NamedTuple):
    """Sweeps one group."""

    group: str
    packages: Packages
    context: Context

    async def sweep(self, channels: Sequence[str], names: Names) -> Swept:
        chains = await documents.all_chains(self.group, self.context)
        positions = [await read_positions(channel, self.context) for channel in channels]
        swept, known = 0, await self._parts_in_work()
        for job, chain in chains.items():
            at = [one[job].value if job in one else Position(job=job) for one in positions]
            found = await documents.packages_above(self.group, job, 0, self.context)
            swept += await self._sweep_chain(chain, found, at)
            known |= _parts_of(found)
        unnamed = {name for some in names.values() for name in some} - known
        return Swept(swept, await self._sweep_orphans(unnamed))

    async def _parts_in_work(self) -> set[str]:
        """Return the parts of builds that go on: no package names them yet."""
        builds = await all_builds(self.group, self.context)
        return {name for build in builds for name in build.part_names}

    async def _sweep_chain(
        self, chain: Chain, found: Sequence[Package], positions: Sequence[Position]
    ) -> int:
        now = self.context.now
        gone = obsolete(found, positions, now)
        if must_renew(found, now):
            # Who comes when all are gone goes on with a full, under a new number.
            await documents.want_full(self.group, chain.job, chain.number, self.context)
        numbers = [package.number for package in gone]
        await documents.remove_packages(self.group, chain.job, numbers, self.context)
        for name in _parts_of(gone):
            await self.packages.remove(name)
        return len(gone)

    async def _sweep_orphans(self, unnamed: Iterable[str]) -> int:
        """Remove what has been without a package for a day; before, it may be about to get one."""
        stored = await documents.read_orphans(self.group, self.context)
        now = self.context.now
        seen = {name: stored.value.get(name, now) for name in sorted(unnamed)}
        dead = [name for name, since in seen.items() if _is_dead(since, now)]
        for name in dead:
            await self.packages.remove(name)
        left = [(name, since) for name, since in seen.items() if not _is_dead(since, now)]
        await documents.write_orphans(self.group, stored, dict(left[:MAX_SEEN]), self.context)
        return len(dead)


def _is_dead(since: datetime, now: datetime) -> bool:
    return now - since > ORPHANED


def _parts_of(packages: Iterable[Package]) -> set[str]:
    forms = (form for package in packages for form in package.forms.values())
    return {part.name for form in forms for part in form.parts}
