"""Long builds: they give way after each part, and go on, whoever dies or overtakes them."""

import asyncio
import itertools
from collections.abc import Awaitable
from copy import copy
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from local.packages import FilePackages
from shared.core.errors import Unavailable
from shared.distribution.building import documents
from shared.distribution.building.build import build_package
from shared.distribution.building.builds import (
    BuildGoesOn,
    Built,
    all_builds,
    find_build,
    write_build,
)
from shared.distribution.building.orders import Order
from shared.distribution.domain.entries import customer_shard
from shared.distribution.domain.packages import Package
from tests.api import Api
from tests.consent.spreading.test_spread_under_faults import Crash, Dying
from tests.distribution.building.test_build import SOUTH, Shop, at, shop
from tests.distribution.index.test_customers import context_now

__all__ = ["shop"]
GROUP, JOB = "South", "1010"
LONG = Order(GROUP, JOB, "long", SOUTH, is_full=True, max_rows=1)
STEPS = 30  # more than any of these builds has


async def made(api: Api, count: int = 6) -> list[str]:
    """Make customers, who lie in several shards, and return their GUIDs."""
    keys = []
    for number in range(count):
        one = await api.create(addressBooks=["USRSA"], lastName=f"Name {number}")
        await at(api, one["id"])
        keys.append(one["id"])
    return keys


async def edit(api: Api, key: str, **change: Any) -> None:
    answer = await api.call("PATCH", f"customers/{key}", change, if_match="*")
    assert answer.is_success, answer.text
    await at(api, key)


def step(shop: Shop, order: Order = LONG, **other: Any) -> Awaitable[Built]:
    context = replace(context_now(), **other)
    return build_package(order, packages=shop.packages, context=context)


async def finished(shop: Shop, order: Order = LONG) -> tuple[Package, int]:
    """Go on until there is the package; return it, and how often the build gave way."""
    for times in range(STEPS):
        built = await step(shop, order)
        if built.package:
            return built.package, times
    raise AssertionError("it does not end")


async def held(shop: Shop) -> dict[str, Any]:
    """Return what a channel holds that took one short full, from the same index."""
    built = await shop.build(is_full=True, is_by_hand=True)
    other = channel_of(shop)
    await other.apply(built.package, "full")
    return other.held


def channel_of(shop: Shop) -> Shop:
    """Return another channel of the group, which holds nothing yet."""
    other = copy(shop)
    other.held = {}
    return other


async def in_the_midst(keys: list[str]) -> list[str]:
    """Return those in the shard in which the long build gave way."""
    known = await find_build(GROUP, "long", context_now())
    assert known
    shard = next(one for one in SOUTH.shards if one not in known.value.to)
    return [key for key in keys if customer_shard(key) == shard]


async def numbers() -> list[int]:
    packages = await documents.packages_above(GROUP, JOB, 0, context_now())
    assert all(b.start == a.to for a, b in itertools.pairwise(packages)), "no gap"
    for one in packages:
        assert all(one.to[shard] >= number for shard, number in one.start.items())
    return [one.number for one in packages]


async def test_a_long_build_gives_way_after_each_part(api: Api, shop: Shop) -> None:
    keys = await made(api)
    package, times = await finished(shop)
    await shop.apply(package, "full")
    assert package.full

    assert times > 1
    assert len(package.full.parts) >= times
    assert {f"customers:{key}" for key in keys} <= set(shop.held)
    assert shop.held == await held(shop)
    assert await all_builds(GROUP, context_now()) == [], "nobody waits for it any more"


async def test_rows_that_are_changed_between_parts_are_there_once(api: Api, shop: Shop) -> None:
    keys = await made(api)
    await shop.apply((await shop.build()).package, "full")
    number, moved = 0, ""
    while (built := await step(shop)).package is None:
        number += 1
        assert built.step == number < STEPS
        for key in await in_the_midst(keys):
            keys.remove(key)  # at most once each, or it does not end
            moved = moved or key
            change = {"addressBooks": ["USRSW"]} if key == moved else {"lastName": "Later"}
            await edit(api, key, **change)
    package = built.package
    channel = channel_of(shop)
    await channel.apply(package, "full")
    await shop.apply(package, "delta")
    after = await shop.build()
    if after.package:
        await shop.apply(after.package)
        await channel.apply(after.package)

    assert package.number == 2
    assert shop.held == channel.held == await held(shop)
    assert keys == [], "each was changed in the midst of its shard"
    assert f"customers:{moved}" not in shop.held


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
async def test_who_dies_at_any_commit_goes_on(api: Api, shop: Shop, *, is_after: bool) -> None:
    keys = await made(api)
    deaths = 0
    for _ in range(STEPS):
        dying: Any = Dying(context_now().documents, 1, after=is_after)
        with pytest.raises(Crash):
            await step(shop, documents=dying)
        deaths += 1
        built = await step(shop)
        if built.package:
            break
    await shop.apply(built.package, "full")

    assert deaths > 1
    assert {f"customers:{key}" for key in keys} <= set(shop.held)
    assert shop.held == await held(shop)
    assert await numbers() == [1, 2]


class Killing:
    """A place whose process dies once so many parts were put."""

    def __init__(self, packages: FilePackages, left: int) -> None:
        self.packages, self.left = packages, left

    async def put(self, name: str, content: bytes) -> None:
        await self.packages.put(name, content)
        self.left -= 1
        if self.left == 0:
            raise Crash

    def __getattr__(self, name: str) -> Any:
        return getattr(self.packages, name)


async def test_who_dies_after_any_part_goes_on(api: Api, shop: Shop) -> None:
    await made(api, 3)
    await shop.build()
    package, at_part = None, 0
    while package is None:
        at_part += 1
        # After the part of the one form, or of both.
        killing: Any = Killing(shop.packages, 1 + at_part % 2)
        try:
            package = (await build_package(LONG, packages=killing, context=context_now())).package
        except Crash:
            package = (await step(shop)).package
        assert at_part < STEPS
    await shop.apply(package, "full")

    assert shop.held == await held(shop)
    assert await numbers() == [1, 2, 3]


async def test_the_message_twice_at_once_and_a_lost_lock(api: Api, shop: Shop) -> None:
    """Two builders of one run side by side: both see the same part, and one of them writes."""
    await made(api)
    packages: list[Package] = []
    for _ in range(STEPS):
        both = await asyncio.gather(step(shop), step(shop))
        packages += [one.package for one in both if one.package]
        if packages:
            break
    again, _ = await finished(shop)
    await shop.apply(again, "full")

    assert {one.number for one in packages} == {1}
    assert again == packages[0]
    assert shop.held == await held(shop)
    assert await numbers() == [1, 2]


async def test_a_run_that_is_told_again_after_another_one_builds_nothing(
    api: Api, shop: Shop
) -> None:
    [key] = await made(api, 1)
    package, _ = await finished(shop)
    await edit(api, key, lastName="Later")
    await shop.build()
    again, times = await finished(shop)

    assert (again, times) == (package, 0)
    assert await numbers() == [1, 2]


async def test_a_build_that_is_overtaken_begins_again(api: Api, shop: Shop) -> None:
    keys = await made(api)
    begun = [await step(shop) for _ in range(2)]
    later = context_now().now + timedelta(minutes=16)  # nobody waits for what stood still so long
    order = Order(GROUP, JOB, "other", SOUTH)
    other = await step(shop, order, now=later)
    for key in keys:
        await edit(api, key, lastName="Later")
    again = await step(shop)
    package, _ = await finished(shop)
    await shop.apply(package, "full")

    assert [one.step for one in begun] == [1, 2]
    assert other.package
    assert other.package.number == 1
    assert again.step == 3, "the bus would drop the message of a step that was"
    assert package.number == 2
    assert shop.held == await held(shop)
    assert await numbers() == [1, 2, 3]


async def test_another_run_waits_while_a_long_build_goes_on(api: Api, shop: Shop) -> None:
    await made(api)
    await step(shop)
    with pytest.raises(BuildGoesOn):
        await shop.build()
    other_job = await step(shop, Order(GROUP, "1090", "other", SOUTH))
    package, _ = await finished(shop)
    after = await shop.build()

    assert other_job.package, "no other job waits"
    assert package.number == 1
    assert after.package is None


async def test_another_scope_begins_again(api: Api, shop: Shop) -> None:
    await made(api)
    west = [await api.create(addressBooks=["USRSW"]) for _ in range(8)]
    for one in west:
        await at(api, one["id"])
    for _ in range(3):
        await step(shop)
    wider = replace(LONG, scope=replace(SOUTH, reach=("USRSA", "USRSW")))
    package, _ = await finished(shop, wider)
    await shop.apply(package, "full")

    assert {f"customers:{one['id']}" for one in west} <= set(shop.held)


async def test_who_sees_an_older_index_than_the_last_builder_does_not_go_on(
    api: Api, shop: Shop
) -> None:
    """A row that left where it was for a higher number would be missed at both."""
    await made(api)
    await step(shop)
    known = await find_build(GROUP, "long", context_now())
    assert known
    ahead = known.value.model_copy(update={"seen": known.value.seen + 1_000})
    await write_build(GROUP, known, ahead, context_now())
    with pytest.raises(Unavailable):
        await step(shop)

    assert await numbers() == []
