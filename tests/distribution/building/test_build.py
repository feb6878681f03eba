"""Packages of a group, built from the index of a company: each exact where it ends."""

import gzip
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from local.packages import FilePackages
from shared.context import Context
from shared.distribution.building import documents
from shared.distribution.building.build import build_package
from shared.distribution.building.builds import Built
from shared.distribution.building.orders import Order
from shared.distribution.domain.packages import FormName, Package
from shared.distribution.domain.scopes import Scope
from shared.ports.packages import PackagesUnavailable
from tests.api import Api, an_address
from tests.consent.spreading.test_spread_under_faults import Crash, Dying
from tests.distribution.index.test_customers import at_rest, context_now, version_of

TABLES = ("customers", "customer-addresses")
SOUTH = Scope(TABLES, TABLES, ("USRSA",))
NOBODY = Scope(TABLES, (), ("USRSA",))


class Shop:
    """One group with its packages, and what a channel of it holds."""

    def __init__(self, root: Path) -> None:
        self.packages = FilePackages(root)
        self.held: dict[str, Any] = {}
        self.runs = 0

    async def build(self, scope: Scope = SOUTH, **asked: Any) -> Built:
        self.runs += 1
        order = Order("South", "1010", f"run{self.runs}", scope, **asked)
        return await build_package(order, packages=self.packages, context=context_now())

    async def lines(self, package: Package, form: FormName) -> list[dict[str, Any]]:
        made = package.form(form)
        assert made
        parts = [await self.packages.read(part.name, 0, part.bytes) for part in made.parts]
        return [json.loads(text) for text in gzip.decompress(b"".join(parts)).splitlines()]

    async def apply(self, package: Package | None, form: FormName = "delta") -> None:
        assert package
        header, *rows, _ = await self.lines(package, form)
        if form == "full":
            self.held.clear()
        for row in rows:
            name = f"{row['table']}:{row['key']}"
            self.held.pop(name, None)
            if row["op"] == "put":
                self.held[name] = row["row"]
        assert header["number"] == package.number


@pytest.fixture
async def shop(api: Api, tmp_path: Path) -> Shop:
    del api
    return Shop(tmp_path / "packages")


async def at(api: Api, key: str) -> None:
    await at_rest(key, await version_of(api, key))


async def test_a_full_and_then_deltas(api: Api, shop: Shop) -> None:
    one = await api.create(addressBooks=["USRSA"], addresses=[an_address()], lastName="Berg")
    other = await api.create(addressBooks=["USRSW"], lastName="Elsewhere")
    for customer in (one, other):
        await at(api, customer["id"])
    first = await shop.build()
    await shop.apply(first.package, "full")
    unchanged = await shop.build()
    await api.call("PATCH", f"customers/{other['id']}", {"addressBooks": ["USRSA"]}, if_match="*")
    await api.call("PATCH", f"customers/{one['id']}", {"addressBooks": ["USRSW"]}, if_match="*")
    for customer in (one, other):
        await at(api, customer["id"])
    second = await shop.build()
    before = dict(shop.held)
    await shop.apply(second.package)

    assert first.reason == "first"
    assert unchanged == (None, None, False, None)
    assert second.reason is None
    assert len(before) > 2, "the customers of the demo, too"
    assert f"customers:{one['id']}" in before
    assert f"customers:{one['id']}" not in shop.held
    assert not [name for name in shop.held if one["id"] in name], "addresses leave with it"
    assert shop.held[f"customers:{other['id']}"]["lastName"] == "Elsewhere"
    assert first.package
    assert second.package
    assert second.package.start == first.package.to


async def test_the_header_and_the_sums_are_those_of_the_rows(api: Api, shop: Shop) -> None:
    one = await api.create(addressBooks=["USRSA"], addresses=[an_address()])
    await at(api, one["id"])
    built = await shop.build()
    assert built.package
    header, *rows, end = await shop.lines(built.package, "full")

    assert (header["kind"], header["format"], header["form"]) == ("package", 1, "full")
    assert (header["from"], header["to"]) == (None, built.package.to)
    assert header["schema"] == {"customers": 1, "customer-addresses": 1}
    assert end == {"kind": "end", "rows": len(rows), "puts": len(rows), "dels": 0}
    full = built.package.full
    assert full
    assert full.sums["customers"].rows == len([one for one in rows if one["table"] == "customers"])
    assert len(full.sums["customers"].buckets) == 64


async def test_a_run_that_is_told_twice_builds_once(api: Api, shop: Shop) -> None:
    one = await api.create(addressBooks=["USRSA"])
    await at(api, one["id"])
    first = await shop.build()
    shop.runs -= 1
    again = await shop.build()

    assert again.package == first.package


async def test_a_full_that_is_asked_for_takes_a_new_number_and_has_a_delta(
    api: Api, shop: Shop
) -> None:
    one = await api.create(addressBooks=["USRSA"])
    await at(api, one["id"])
    await shop.build()
    asked = await shop.build(is_full=True)
    by_hand = await shop.build(is_full=True, is_by_hand=True)
    assert asked.package
    assert by_hand.package

    assert (asked.package.number, by_hand.package.number) == (2, 3)
    assert asked.package.delta
    assert asked.package.delta.rows == 0
    assert (asked.package.reset, by_hand.package.reset) == (False, True)
    assert by_hand.package.delta is None


async def test_what_is_excluded_is_emptied_once(api: Api, shop: Shop) -> None:
    one = await api.create(addressBooks=["USRSA"])
    await at(api, one["id"])
    await shop.apply((await shop.build()).package, "full")
    emptied = await shop.build(NOBODY)
    await shop.apply(emptied.package, "full")
    held = dict(shop.held)
    excluded = await shop.build(NOBODY)
    back = await shop.build()
    assert emptied.package
    assert back.package

    assert held == {}
    assert (emptied.reason, emptied.package.reset) == ("scope", True)
    assert excluded == (None, None, True, None)
    assert (back.reason, back.package.reset) == ("scope", True)


@pytest.mark.parametrize("is_wanted", [False, True], ids=["by itself", "asked for besides"])
async def test_a_chain_that_was_not_built_for_long_goes_on_with_a_full(
    api: Api, shop: Shop, *, is_wanted: bool
) -> None:
    one = await api.create(addressBooks=["USRSA"])
    await at(api, one["id"])
    await shop.build()
    late = replace(context_now(), now=context_now().now + timedelta(days=31))
    order = Order("South", "1010", "late", SOUTH, is_full=is_wanted)
    built = await build_package(order, packages=shop.packages, context=late)

    assert built.reason == "age"
    assert built.package
    assert (built.package.reset, built.package.delta) == (True, None), "tombstones are not so old"


async def test_only_who_asks_by_hand_has_everybody_take_a_full(api: Api, shop: Shop) -> None:
    one = await api.create(addressBooks=["USRSA"])
    await at(api, one["id"])
    await shop.build()
    await documents.want_full("South", "1010", 1, context_now())
    needed = await shop.build(is_by_hand=True)
    asked = await shop.build(is_by_hand=True, is_full=True)
    await documents.want_full("South", "1010", 3, context_now())
    late = replace(context_now(), now=context_now().now + timedelta(days=31))
    order = Order("South", "1010", "late", SOUTH)
    aged = await build_package(order, packages=shop.packages, context=late)

    assert [(one.reason, one.package and one.package.reset) for one in (needed, asked, aged)] == [
        ("needed", False), ("asked", True), ("age", True),
    ]  # fmt: skip


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
async def test_a_builder_that_dies_at_the_commit(api: Api, shop: Shop, *, is_after: bool) -> None:
    one = await api.create(addressBooks=["USRSA"])
    await at(api, one["id"])
    dying: Any = Dying(context_now().documents, 1, after=is_after)
    order = Order("South", "1010", "run", SOUTH)
    with pytest.raises(Crash):
        await build_package(
            order, packages=shop.packages, context=replace(context_now(), documents=dying)
        )
    again = await build_package(order, packages=shop.packages, context=context_now())
    chain = await documents.find_chain("South", "1010", context_now())

    assert again.package
    assert chain
    assert (again.package.number, chain.value.number) == (1, 1)
    await shop.apply(again.package, "full")
    assert f"customers:{one['id']}" in shop.held


class Full(FilePackages):
    """A place that is full."""

    async def put(self, name: str, content: bytes) -> None:
        raise PackagesUnavailable(f"No room for {name} of {len(content)} bytes.")


async def test_a_full_disk_builds_nothing(api: Api, shop: Shop, tmp_path: Path) -> None:
    one = await api.create(addressBooks=["USRSA"])
    await at(api, one["id"])
    order = Order("South", "1010", "run", SOUTH)
    context: Context = context_now()
    with pytest.raises(PackagesUnavailable):
        await build_package(order, packages=Full(tmp_path / "full"), context=context)

    assert await documents.find_chain("South", "1010", context) is None
