"""A channel is in one channel database group, from whichever side that is set."""

from typing import Any

import httpx
import pytest

from shared.configuration.domain.stores import (
    ChannelDatabaseGroup,
    OperatingUnit,
    Store,
    UnitAddress,
)
from shared.distribution.domain.groups import groups_of
from tests.api import ADMINISTRATOR, Api

GROUPS = "channel-database-groups"


async def put_group(api: Api, name: str, *channels: str, **how: Any) -> httpx.Response:
    return await api.put_setting(GROUPS, name, {"name": name, "channels": channels}, **how)


async def put_store(api: Api, number: str, **but: Any) -> httpx.Response:
    """Change a store, or add one like HOUSTON."""
    read = await api.get(f"settings/stores/{number}", bearer=ADMINISTRATOR)
    is_new = read.status_code == 404
    like = (await api.get("settings/stores/HOUSTON")).json() if is_new else read.json()
    how = {} if is_new else {"if_match": "*"}
    return await api.put_setting("stores", number, like | {"storeNumber": number} | but, **how)


def flaws(response: httpx.Response) -> list[tuple[str, str]]:
    assert response.status_code == 422, response.text
    return [(error["pointer"], error["code"]) for error in response.json()["errors"]]


async def test_a_channel_is_in_a_group_from_either_side_or_both(api: Api) -> None:
    assert (await put_group(api, "South", "HOUSTON")).status_code == 201
    assert (await put_store(api, "HOUSTON", channelDatabaseGroup="South")).status_code == 200
    assert (await put_store(api, "SANFRAN", channelDatabaseGroup="South")).status_code == 200
    assert (await put_group(api, "South", if_match="*")).status_code == 200
    assert (await put_group(api, "South", "SANFRAN", if_match="*")).status_code == 200


async def test_a_group_does_not_list_a_channel_of_another(api: Api) -> None:
    await put_group(api, "South", "HOUSTON")
    await put_group(api, "West")
    await put_store(api, "SANFRAN", channelDatabaseGroup="West")

    listed = await put_group(api, "North", "HOUSTON")
    named = await put_group(api, "North", "ONLINE", "SANFRAN")

    assert flaws(listed) == [("/channels/0", "channel-in-another-group")]
    assert flaws(named) == [("/channels/1", "channel-in-another-group")]


async def test_a_store_does_not_name_another_group_than_the_one_that_lists_it(api: Api) -> None:
    await put_group(api, "South", "HOUSTON")
    await put_group(api, "West")

    refused = await put_store(api, "HOUSTON", channelDatabaseGroup="West")

    assert flaws(refused) == [("/channelDatabaseGroup", "channel-in-another-group")]
    assert (await put_store(api, "SANFRAN", channelDatabaseGroup="West")).status_code == 200


async def test_a_group_does_not_bear_the_number_of_a_store_of_another_group(api: Api) -> None:
    assert flaws(await put_group(api, "SANFRAN", "HOUSTON")) == [("/name", "name-taken")]
    assert (await put_group(api, "SANFRAN", "SANFRAN", "HOUSTON")).status_code == 201


async def test_a_store_does_not_bear_the_name_of_another_group(api: Api) -> None:
    await put_group(api, "South", "HOUSTON")
    await put_group(api, "Fresno", "ONLINE")

    for group in ("South", None):
        refused = await put_store(api, "Fresno", channelDatabaseGroup=group)
        assert flaws(refused) == [("/storeNumber", "name-taken")]
    assert (await put_store(api, "Fresno", channelDatabaseGroup="Fresno")).status_code == 201


@pytest.mark.parametrize("key", ["*jobs", "*"])
async def test_no_key_begins_with_what_is_reserved(api: Api, key: str) -> None:
    assert flaws(await put_group(api, key)) == [("/name", "reserved-key")]
    assert flaws(await put_store(api, key)) == [("/storeNumber", "reserved-key")]


def a_store(number: str, group: str | None = None) -> Store:
    unit = OperatingUnit(name=number, address=UnitAddress(country="US"))
    return Store(
        store_number=number, name=number, operating_unit=unit, currency="USD", language="en-US",
        channel_database_group=group,
    )  # fmt: skip


def test_groups_are_those_that_have_channels_and_a_store_alone_is_its_own() -> None:
    stores = [a_store("SANFRAN"), a_store("HOUSTON", "South"), a_store("AUSTIN"), a_store("BONN")]
    groups = [
        ChannelDatabaseGroup(name="South", channels=["AUSTIN"]),
        ChannelDatabaseGroup(name="Empty"),
        ChannelDatabaseGroup(name="BONN", channels=["BONN"]),
    ]

    assert list(groups_of(stores, groups).items()) == [
        ("BONN", ("BONN",)),
        ("SANFRAN", ("SANFRAN",)),
        ("South", ("AUSTIN", "HOUSTON")),
    ]


def test_after_a_race_of_two_writers_each_channel_still_has_one_group() -> None:
    stores = [a_store("AUSTIN", "South"), a_store("BONN")]
    groups = [
        ChannelDatabaseGroup(name="West", channels=["AUSTIN", "BONN"]),
        ChannelDatabaseGroup(name="East", channels=["BONN"]),
        ChannelDatabaseGroup(name="South"),
    ]

    assert groups_of(stores, groups) == {"East": ("BONN",), "South": ("AUSTIN",)}
