"""A setting that customers use is not removed, whoever is at work; it is retired instead."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.composition import wiring
from shared.configuration.domain.collections import Use
from shared.configuration.uses import removing
from shared.configuration.uses.documents import put_uses
from shared.context import Context
from shared.ports.documents import Remove
from tests.api import ADMINISTRATOR, COMPANY, MANAGER, Api, an_address

GROUP = "customer-groups/55"
BODIES: dict[str, dict[str, Any]] = {
    GROUP: {"id": "55", "name": "Guests", "financialDimensions": {"CostCenter": "055"}},
    "affiliations/Choir": {"name": "Choir"},
    "address-books/North": {"name": "North"},
    "titles/Dame": {"name": "Dame"},
    "address-purposes/Barn": {"name": "Barn"},
    "activity-types/Fitting": {"name": "Fitting", "label": "Fitting"},
}


def context_now(now: datetime | None = None) -> Context:
    return wiring.backend().context(COMPANY, "system:test", now or datetime.now(UTC))


async def put(api: Api, name: str, **but: Any) -> None:
    collection, _, key = name.partition("/")
    read = await api.get(f"settings/{name}", bearer=ADMINISTRATOR)
    match = {} if read.status_code == 404 else {"if_match": "*"}
    answer = await api.put_setting(collection, key, BODIES[name] | but, **match)
    assert answer.status_code in {200, 201}, answer.text


async def remove(api: Api, name: str) -> tuple[int, str, int]:
    """Return the status, the code, and how many customers use it."""
    answer = await api.call("DELETE", f"settings/{name}", bearer=ADMINISTRATOR, if_match="*")
    body = answer.json() if answer.content else {}
    return answer.status_code, body.get("code", ""), body.get("customers", 0)


async def using(api: Api, name: str) -> str:
    """Return a customer who uses the setting."""
    customer: dict[str, Any] = await api.create(
        customerGroup="55" if name == GROUP else "30",
        affiliations=["Choir"] if name.startswith("aff") else [],
        addressBooks=["North"] if name.startswith("address-b") else [],
        title="Dame" if name.startswith("titles") else None,
        addresses=[an_address(purpose="Barn")] if name.startswith("address-p") else [],
    )
    if name.startswith("act"):
        path, body = f"customers/{customer['id']}/activities", {"activityType": "Fitting"}
        answer = await api.post(path, body | {"summary": "A coat"}, bearer=MANAGER)
        assert answer.status_code == 201, answer.text
    key: str = customer["id"]
    return key


@pytest.mark.parametrize("name", BODIES)
async def test_what_customers_use_is_kept_and_says_how_many(api: Api, name: str) -> None:
    await put(api, name)
    await using(api, name)
    one = await remove(api, name)
    await using(api, name)
    two = await remove(api, name)

    assert (one, two) == ((409, "still-in-use", 1), (409, "still-in-use", 2))
    assert (await api.get(f"settings/{name}", bearer=ADMINISTRATOR)).status_code == 200


@pytest.mark.parametrize("name", BODIES)
async def test_what_nobody_uses_goes(api: Api, name: str) -> None:
    await put(api, name)

    assert await remove(api, name) == (204, "", 0)


async def test_a_store_with_customers_is_kept(api: Api) -> None:
    await api.create(storeNumber="SANFRAN")
    await api.create(storeNumber="SANFRAN")

    status, code, customers = await remove(api, "stores/SANFRAN")

    assert (status, code) == (409, "still-in-use")
    assert customers == 2


async def test_default_purposes_are_kept(api: Api) -> None:
    for purpose in ("Home", "Business"):
        status, code, _ = await remove(api, f"address-purposes/{purpose}")
        assert (status, code) == (409, "still-in-use")


async def test_what_is_used_no_more_goes(api: Api) -> None:
    for name in (GROUP, "affiliations/Choir", "titles/Dame"):
        await put(api, name)
    for name, patch in (
        (GROUP, {"customerGroup": "30"}),
        ("affiliations/Choir", {"affiliations": []}),
        ("titles/Dame", {"title": None}),
    ):
        path = f"customers/{await using(api, name)}"
        answer = await api.call("PATCH", path, patch, bearer=ADMINISTRATOR, if_match="*")

        assert answer.status_code == 200, answer.text
        assert await remove(api, name) == (204, "", 0)


@pytest.mark.parametrize("purpose_ends", [False, True])
async def test_an_address_keeps_its_purpose_to_its_end(api: Api, purpose_ends: bool) -> None:
    await put(api, "address-purposes/Barn")
    key = await using(api, "address-purposes/Barn")
    [address] = (await api.get(f"customers/{key}/addresses")).json()["items"]
    path = f"customers/{key}/addresses/{address['id']}"
    if purpose_ends:
        answer = await api.call("DELETE", path, if_match="*")
    else:
        answer = await api.call("PATCH", path, {"purpose": "Home"}, if_match="*")
    assert answer.status_code < 300, answer.text
    status, _, customers = await remove(api, "address-purposes/Barn")

    # Of an address that has another purpose now, the use may be seen for some minutes.
    assert (status, customers) == (409, 1)


@pytest.mark.parametrize("name", BODIES)
async def test_what_is_retired_is_refused_for_new_use_alone(api: Api, name: str) -> None:
    await put(api, name)
    key = await using(api, name)
    await put(api, name, active=False)
    with pytest.raises(AssertionError, match="-inactive"):
        await using(api, name)
    kept = await api.call("PATCH", f"customers/{key}", {"suffix": "II"}, if_match="*")

    assert kept.status_code == 200, kept.text


async def test_what_a_store_lends_is_given_though_it_is_retired(api: Api) -> None:
    group = (await api.get("settings/customer-groups/30", bearer=ADMINISTRATOR)).json()
    answer = await api.put_setting("customer-groups", "30", group | {"active": False}, if_match="*")
    assert answer.status_code == 200, answer.text

    inherited = await api.create()

    assert inherited["customerGroup"] == "30"


async def test_a_crash_before_the_customer_keeps_a_setting_for_minutes_alone(api: Api) -> None:
    """The use was noted; whether the customer comes still is not known to anybody."""
    await put(api, GROUP)
    key, use = (await api.create())["id"], Use("customer-groups", "55")
    long_ago = datetime.now(UTC) - removing.AT_WORK - timedelta(seconds=1)
    await put_uses(key, [use], datetime.now(UTC), context_now())
    fresh = await remove(api, GROUP)
    await put_uses(key, [use], long_ago, context_now())
    old = await remove(api, GROUP)

    assert (fresh, old) == ((409, "still-in-use", 1), (204, "", 0))


async def test_a_company_of_before_keeps_what_it_may_use(api: Api) -> None:
    await put(api, GROUP)
    place = ("setting-removals", COMPANY)
    await api.documents.commit("directory", place, [Remove("setting-removals")])
    answer = await api.call("DELETE", f"settings/{GROUP}", bearer=ADMINISTRATOR, if_match="*")

    assert (answer.status_code, answer.json()["code"]) == (409, "still-in-use")
    assert answer.json()["customers"] is None
    assert await using(api, GROUP)


@pytest.mark.parametrize("number", range(24))
async def test_of_a_creation_and_a_removal_at_once_one_is_refused(api: Api, number: int) -> None:
    await put(api, GROUP)
    body = {"storeNumber": "HOUSTON", "firstName": "A", "lastName": "B", "customerGroup": "55"}

    async def delete() -> int:
        await asyncio.sleep(number / 2_000)
        return (await remove(api, GROUP))[0]

    created, removed = await asyncio.gather(api.post("customers", body), delete())
    found = (await api.get(f"settings/{GROUP}", bearer=ADMINISTRATOR)).status_code

    assert {(201, 409): 200, (422, 204): 404}[created.status_code, removed] == found
