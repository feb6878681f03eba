"""What is excluded leaves the channels with one full package, and comes back with one."""

from typing import Any

import pytest

from tests.api import Api
from tests.distribution.exclusion.scenes import (
    EXCLUDED,
    FILTERED,
    NO_ADDRESSES,
    NO_CUSTOMERS,
    NOT_FILTERED,
    SENT,
    change,
    customers_of_the_south,
    group_south,
    rows_of,
    text_of,
)
from tests.distribution.index.test_customers import at_rest, version_of
from tests.distribution.scenes import SETTING_JOBS, build, channel_of, run, sessions

MARKER = "Zwetschkenbaum"
BACK = {"tables": [{"name": name, **SENT} for name in ("customers", "customer-addresses")]}


async def ended(api: Api, **body: Any) -> dict[str, Any]:
    """Run job 1010 now, and return what became of the group South."""
    groups = (await run(api, "1010", **body))["groups"]
    [group] = [one for one in groups if one["channelDatabaseGroup"] == "South"]
    found: dict[str, Any] = group
    return found


@pytest.mark.parametrize(
    ("excluded", "back"),
    [(EXCLUDED, SENT), (FILTERED, NOT_FILTERED)],
    ids=["job", "group"],
)
async def test_what_is_excluded_is_emptied_once_and_comes_back_in_full(
    api: Api, excluded: dict[str, Any], back: dict[str, Any]
) -> None:
    await group_south(api)
    keys = await customers_of_the_south(api)
    houston = channel_of(api, "HOUSTON")
    first = await ended(api)
    for job in ("1110", "1070", "1040", "1150"):
        await run(api, job)
    await houston.catch_up()
    held = set(houston.table("1010", "customers"))
    await change(api, excluded)
    emptied = await ended(api)
    offered = await sessions(api, "status=Available", job="1010")
    await houston.catch_up()
    empty = dict(houston.rows["1010"])
    excluded_runs = [await ended(api), await ended(api, full=True)]
    await change(api, back)
    again = await ended(api)
    await houston.catch_up()

    assert first["status"] == "Packaged"
    assert set(keys) <= held
    assert (emptied["status"], emptied["form"], emptied["rows"]) == ("Packaged", "full", 0)
    assert [(one["form"], one["reset"], one["rows"]) for one in offered.values()] == [
        ("full", True, 0)
    ]
    assert empty == {}
    assert [one["status"] for one in excluded_runs] == ["Excluded", "Excluded"]
    assert (again["status"], again["form"]) == ("Packaged", "full")
    assert again["number"] == emptied["number"] + 1
    assert set(houston.table("1010", "customers")) == held


@pytest.mark.parametrize("excluded", [EXCLUDED, FILTERED], ids=["job", "group"])
async def test_nothing_of_a_customer_is_in_what_is_built_from_then_on(
    api: Api, excluded: dict[str, Any]
) -> None:
    await group_south(api)
    [key, other] = await customers_of_the_south(api, MARKER)
    before = await text_of(await build("1010"))
    await change(api, excluded)
    emptied = await build("1010")
    await api.call("PATCH", f"customers/{other}", {"firstName": MARKER}, if_match="*")
    await at_rest(other, await version_of(api, other))
    later = await ended(api, full=True)
    others = [await build(job, is_full=True) for job in SETTING_JOBS]
    texts = [await text_of(package) for package in (emptied, *others)]

    assert later["status"] == "Excluded", "no package of customers is built any more"
    assert emptied.reset
    assert emptied.delta is None
    for marker in (MARKER, key, other):
        assert marker in before
        assert not [text for text in texts if marker in text]


@pytest.mark.parametrize(
    ("excluded", "gone", "kept"),
    [
        (NO_CUSTOMERS, "customers", "customer-addresses"),
        (NO_ADDRESSES, "customer-addresses", "customers"),
    ],
    ids=["customers", "addresses"],
)
async def test_a_table_is_excluded_alone_and_sent_again(
    api: Api, excluded: dict[str, Any], gone: str, kept: str
) -> None:
    await group_south(api)
    await customers_of_the_south(api)
    before = await rows_of(await build("1010"))
    await change(api, excluded)
    without = await build("1010")
    rows = await rows_of(without)
    await change(api, BACK)
    back = await build("1010")

    assert without.reset
    assert gone in without.tables, "a channel empties what it is not sent any more"
    assert (rows[gone], rows[kept]) == (0, before[kept])
    assert back.reset
    assert await rows_of(back) == before


async def test_another_group_holds_what_it_held(api: Api) -> None:
    await group_south(api)
    await customers_of_the_south(api)
    west = await api.create(addressBooks=["USRSW"], lastName=MARKER)
    await at_rest(west["id"], west["version"])
    before = await build("1010", channel="SANFRAN")
    await change(api, FILTERED)
    await api.call("PATCH", f"customers/{west['id']}", {"firstName": "Ada"}, if_match="*")
    await at_rest(west["id"], await version_of(api, west["id"]))
    after = await build("1010", channel="SANFRAN")

    assert MARKER in await text_of(before)
    assert (after.reset, after.full) == (False, None)
