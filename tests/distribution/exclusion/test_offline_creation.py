"""A channel that customers are not sent to may not create any offline: it sees no duplicates."""

from typing import Any
from uuid import uuid4

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
    group_south,
)
from tests.offline.scenes import a_creation, an_operation, applied, ndjson, send, statuses

BACK = {"tables": [{"name": "customers", **SENT}]}


async def may_create(api: Api) -> Any:
    """Return what a channel is told that it may."""
    return (await api.get("channels/HOUSTON/schedule")).json()["mayCreateOffline"]


@pytest.mark.parametrize(
    ("excluded", "back"),
    [(EXCLUDED, SENT), (NO_CUSTOMERS, BACK), (FILTERED, NOT_FILTERED)],
    ids=["job", "customers", "a group that lists the channel"],
)
async def test_creation_is_refused_where_customers_are_not_sent(
    api: Api, excluded: dict[str, Any], back: dict[str, Any]
) -> None:
    await group_south(api)
    made = await api.create()
    creation = a_creation(str(uuid4()))
    patch = an_operation("patch", made["id"], {"firstName": "Carina"}, baseVersion=1)
    await change(api, excluded)
    refused = await send(api, ndjson(patch, creation))
    told = await may_create(api)
    edited = await applied(api, patch)
    await change(api, back)
    created = await applied(api, creation)

    assert (refused.status_code, refused.json()["code"]) == (409, "offline-creation-excluded")
    assert told is False
    assert statuses(edited) == ["Applied"]
    assert statuses(created) == ["Applied"]
    assert await may_create(api) is True


async def test_creation_stays_where_only_addresses_are_not_sent(api: Api) -> None:
    await group_south(api)
    await change(api, NO_ADDRESSES)
    created = await applied(api, a_creation(str(uuid4())))

    assert statuses(created) == ["Applied"]
    assert await may_create(api) is True
