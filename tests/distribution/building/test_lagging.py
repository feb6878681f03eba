"""Builders who read replicas that lag: each package is exact where it ends, or is not built."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from local.folder import Folder
from local.packages import FilePackages
from shared.context import Context
from shared.core import deadlines
from shared.core.errors import Unavailable
from shared.distribution.building import documents
from shared.distribution.building.build import build_package
from shared.distribution.building.orders import Order
from shared.distribution.domain.entries import Entry, gone, put
from shared.distribution.domain.packages import Package
from shared.distribution.domain.scopes import Scope
from shared.distribution.index.appending import append
from shared.ports.changes import Lagging
from tests.api import COMPANY
from tests.distribution.building.test_build import Shop
from tests.doubles.cosmos.endpoint import Endpoint
from tests.doubles.cosmos.stores import cosmos_documents

SHARDS = ("customers:0", "customers:1")
SCOPE = Scope(("customers",), ("customers",), ("A",))
KEYS = [f"{number:08x}-0000-4000-8000-000000000000" for number in (0, 1, 8, 9, 16)]


class World:
    """A company whose rows are changed, and what its index said at each number."""

    def __init__(self, chance: random.Random, endpoint: Endpoint, folder: Folder) -> None:
        self.chance, self.endpoint, self.folder = chance, endpoint, folder
        self.history: dict[str, list[Entry]] = {shard: [] for shard in SHARDS}
        self.version = 0
        self.commits: list[int] = []  # between two of them, a replica is nowhere
        self.changes = endpoint.database(folder.path.parent.name)["changes"]
        self.changes.replica.lag = 1e-9  # so that it keeps what older replicas show
        self.changes.replica.start_at(self.changes.lsn)

    @asynccontextmanager
    async def context(self) -> AsyncIterator[Context]:
        """Yield a context of a process that has seen nothing yet."""
        deadlines.deadline.set(None)
        async with cosmos_documents(self.endpoint, self.folder.path.parent.name) as store:
            backend = self.folder.backend(store)
            yield backend.context(COMPANY, "system:distribution", datetime.now(UTC))

    def lag(self) -> None:
        """Let replicas stand still a little before now, or none."""
        self.changes.replica.at = self.chance.choice([None, *self.commits[-6:]])

    async def change(self, context: Context) -> None:
        reach = self.chance.choice([("A",), ("A", "B"), ("B",)])
        is_there = self.chance.random() > 0.2
        await self.write(self.chance.choice(KEYS), context, reach=reach, is_there=is_there)

    async def write(
        self,
        key: str,
        context: Context,
        *,
        reach: tuple[str, ...] = ("A",),
        is_there: bool = True,
    ) -> None:
        self.version += 1
        shard = SHARDS[int(key[:8], 16) % 8]
        entry = put(
            "customers", key, {"at": self.version}, version=self.version, reach=reach,
            now=context.now,
        )  # fmt: skip
        if not is_there:
            entry = gone(entry, version=self.version, now=context.now)

        async def find() -> list[Entry]:
            return [entry]

        assert len(await append(shard, find, context)) == 1
        self.history[shard].append(entry)
        self.commits.append(self.changes.lsn)

    def at(self, to: dict[str, int]) -> dict[str, Any]:
        """Return what is in scope at these numbers."""
        rows: dict[str, Any] = {}
        for shard, entries in self.history.items():
            for entry in entries[: to.get(shard, 0)]:
                rows.pop(f"customers:{entry.key}", None)
                if entry.is_in(SCOPE.reach):
                    rows[f"customers:{entry.key}"] = entry.row
        return rows


async def build(world: World, run: str, packages: FilePackages, **asked: Any) -> Package | None:
    """Build the package of the run, each part in another process that another replica serves."""
    order = Order("Group", "1010", run, SCOPE, page_size=1, **asked)
    for _ in range(100):
        world.lag()
        async with world.context() as context:
            try:
                built = await build_package(order, packages=packages, context=context)
            except Unavailable:
                continue
        if built.step is None:
            return built.package
        world.changes.replica.at = None
        async with world.context() as context:
            for _ in range(world.chance.randrange(3)):
                await world.change(context)
    raise AssertionError("it does not end")


async def test_who_goes_on_must_not_see_less_than_who_gave_way(
    configured_cosmos: str, cosmos_endpoint: Endpoint, folder: Folder, tmp_path: Path
) -> None:
    """A row moved away from where the first one would have read it, and not yet to its place."""
    cosmos_endpoint.copy(configured_cosmos, tmp_path.name)
    world = World(random.Random(3), cosmos_endpoint, folder)
    channel = Shop(tmp_path / "packages")
    order = Order("Group", "1010", "run", SCOPE, max_rows=1, page_size=1)
    async with world.context() as context:
        for key in (KEYS[0], KEYS[2], KEYS[0]):
            await world.write(key, context)
        first = await build_package(order, packages=channel.packages, context=context)
    world.changes.replica.at = world.commits[1]
    async with world.context() as context:
        with pytest.raises(Lagging):
            await build_package(order, packages=channel.packages, context=context)
    world.changes.replica.at = None
    package = await build(world, "run", channel.packages, max_rows=1)
    await channel.apply(package, "full")

    assert first.step == 1
    assert package
    assert channel.held == world.at(package.to)


@pytest.mark.parametrize("max_rows", [1, 1_000], ids=["long", "short"])
async def test_each_package_is_exact_where_it_ends(
    configured_cosmos: str, cosmos_endpoint: Endpoint, folder: Folder, tmp_path: Path, max_rows: int
) -> None:
    cosmos_endpoint.copy(configured_cosmos, tmp_path.name)
    chance = random.Random(11 + max_rows)
    world = World(chance, cosmos_endpoint, folder)
    deltas, full = Shop(tmp_path / "packages"), Shop(tmp_path / "packages")
    for number in range(12):
        world.changes.replica.at = None
        async with world.context() as context:
            for _ in range(chance.randrange(1, 6)):
                await world.change(context)
        package = await build(
            world,
            f"run{number}",
            deltas.packages,
            is_full=max_rows == 1 or number % 3 == 0,
            max_rows=max_rows,
        )
        if package and package.full:
            await full.apply(package, "full")
            assert full.held == world.at(package.to)
        if package:
            await deltas.apply(package, "delta" if package.delta else "full")
            assert deltas.held == world.at(package.to)
    world.changes.replica.at = None
    async with world.context() as context:
        chain = await documents.packages_above("Group", "1010", 0, context)

    assert len(chain) > 6
    assert all(one.to[shard] >= at for one in chain for shard, at in one.start.items())
