"""Customers without an account number: made, read, edited, converted, failed, tried again."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from typing import Any

import pytest

from function_app import app
from local.folder import Folder
from local.host.app import Host
from local.store.choice import OpenStore
from shared.composition import wiring
from shared.composition.metered import Metered
from shared.ports.documents import Operation, Partition, StoreUnavailable
from tests.api import (
    ADMINISTRATOR,
    COMPANY,
    Api,
    a_customer,
    a_phone,
    an_address,
    an_email,
    started,
)

ASYNC = {"prefer": "respond-async"}
SWITCHES = (
    "performance-improvements-for-customer-orders",
    "enhanced-async-customer-creation",
    "async-customer-addresses",
    "edit-customers-asynchronously",
)


@pytest.fixture
async def still(folder: Folder, open_store: OpenStore) -> AsyncIterator[Api]:
    """The API of a host whose queue nobody serves, so that the pending stay so."""
    host = Host(app, folder, open_store)
    host.functions = [one for one in host.functions if one.kind != "serviceBusTrigger"]
    async with AsyncExitStack() as stack:
        api = await started(host, stack)
        for feature in SWITCHES:
            assert (await api.switch(feature, True)).status_code == 200
        yield api


async def pending(api: Api, **but: Any) -> dict[str, Any]:
    response = await api.post("customers", a_customer(**but), **ASYNC)
    assert response.status_code == 202, response.text
    return Api.read(response)


async def until_synced(api: Api, key: str, status: str = "Synced") -> dict[str, Any]:
    async with asyncio.timeout(20):
        while (found := (await api.get(f"customers/{key}")).json())["syncStatus"] != status:
            await asyncio.sleep(0.05)
        # The number is found a moment after the customer has it.
        while status == "Synced" and not await is_found(api, found["accountNumber"]):
            await asyncio.sleep(0.05)
    customer: dict[str, Any] = found
    return customer


async def is_found(api: Api, account_number: str) -> bool:
    return (await api.get(f"customers/{account_number}")).status_code == 200


async def operations(api: Api, key: str) -> list[dict[str, Any]]:
    page = (await api.get(f"customers/{key}/sync-operations")).json()
    items: list[dict[str, Any]] = page["items"]
    return items


async def unsynchronized(api: Api, query: str) -> list[str]:
    response = await api.get(f"sync-operations?{query}", bearer=ADMINISTRATOR)
    assert response.status_code == 200, response.text
    return [one["customerId"] for one in response.json()["items"]]


async def test_a_customer_is_made_without_waiting_and_converts_by_itself(api: Api) -> None:
    response = await api.post("customers", a_customer(), **ASYNC)
    made = response.json()
    synced = await until_synced(api, made["id"])
    both = [
        (await api.get(f"customers/{name}")).json()
        for name in (synced["id"], synced["accountNumber"])
    ]

    assert response.status_code == 202
    assert response.headers["Preference-Applied"] == "respond-async"
    assert response.headers["Location"].endswith(made["id"])
    assert (made["accountNumber"], made["displayAccount"], made["syncStatus"]) == (
        None, "Pending sync", "PendingSync",
    )  # fmt: skip
    assert made["capabilities"] == {"loyaltyCard": False, "syncOrder": False}
    assert synced["capabilities"] == {"loyaltyCard": True, "syncOrder": True}
    assert both == [synced, synced]


async def test_a_store_may_work_so_always(api: Api) -> None:
    profile = {"name": "Later", "createCustomersAsynchronously": True}
    await api.put_setting("functionality-profiles", "Later", profile)
    store = (await api.get("settings/stores/HOUSTON", bearer=ADMINISTRATOR)).json()
    changed = await api.put_setting(
        "stores", "HOUSTON", store | {"functionalityProfile": "Later"}, if_match="*"
    )
    response = await api.post("customers", a_customer())

    assert changed.status_code == 200, changed.text
    assert response.status_code == 202
    assert "Preference-Applied" not in response.headers


async def test_a_pending_customer_is_found_and_read_by_its_guid(still: Api) -> None:
    made = await pending(still, firstName="Zenobia")
    page = (await still.get("customers?q=zenobia")).json()
    read = await still.get(f"customers/{made['id']}")

    assert [one["displayAccount"] for one in page["items"]] == ["Pending sync"]
    assert (read.status_code, read.json()["syncStatus"]) == (200, "PendingSync")


async def test_everything_that_may_be_made_may_be_made_so(still: Api) -> None:
    contacts = [an_email(), an_email("other@example.com"), a_phone()]
    made = await pending(
        still,
        title="Ms.",
        contacts=contacts,
        addresses=[an_address(), an_address(street="2 Main St")],
    )

    assert made["title"] == "Ms."
    assert [one["value"] for one in made["contacts"]] == [one["value"] for one in contacts]
    assert made["addressCount"] == 2


@pytest.mark.parametrize(
    ("but", "feature"),
    [
        ({"title": "Ms."}, "enhanced-async-customer-creation"),
        (
            {"contacts": [an_email(), an_email("b@example.com")]},
            "enhanced-async-customer-creation",
        ),
        ({"addresses": [an_address(), an_address()]}, "async-customer-addresses"),
    ],
)
async def test_without_its_feature_more_is_refused(
    api: Api, but: dict[str, Any], feature: str
) -> None:
    for one in reversed(SWITCHES):
        assert (await api.switch(one, False)).status_code == 200
    response = await api.post("customers", a_customer(**but), **ASYNC)

    assert (response.status_code, response.json()["code"]) == (409, "feature-off")
    assert response.json()["feature"] == feature


async def test_edits_of_a_pending_customer_are_kept_with_old_and_new(still: Api) -> None:
    made = await pending(still, firstName="Karen")
    path = f"customers/{made['id']}"
    await still.call("PATCH", path, {"firstName": "Zoe"}, if_match="*")
    await still.post(f"{path}/contacts", an_email("new@example.com"))
    creation, first, second = await operations(still, made["id"])

    assert [one["kind"] for one in (creation, first, second)] == ["create", "edit", "edit"]
    assert {one["status"] for one in (creation, first, second)} == {"Pending"}
    assert creation["channel"] == "HOUSTON"
    assert first["changes"] == [{"field": "firstName", "old": "Karen", "new": "Zoe"}]
    assert [one["version"] for one in (creation, first, second)] == [1, 2, 3]


async def test_edits_of_a_pending_customer_survive_its_conversion(still: Api) -> None:
    made = await pending(still, firstName="Karen")
    path = f"customers/{made['id']}"
    for name in ("Ada", "Zoe"):
        await still.call("PATCH", path, {"firstName": name}, if_match="*")
    synced = (await still.post(f"{path}/resync", bearer=ADMINISTRATOR)).json()

    assert (synced["syncStatus"], synced["firstName"]) == ("Synced", "Zoe")
    assert {one["status"] for one in await operations(still, made["id"])} == {"Synced"}
    assert (await operations(still, made["id"]))[0]["attempts"] == 1


async def test_without_their_feature_edits_wait(still: Api) -> None:
    made = await pending(still)
    path = f"customers/{made['id']}"
    await still.switch("edit-customers-asynchronously", False)
    refused = [
        await still.call("PATCH", path, {"firstName": "Zoe"}, if_match="*"),
        await still.post(f"{path}/contacts", a_phone()),
    ]
    allowed = await still.post(f"{path}/addresses", an_address())
    await still.switch("async-customer-addresses", False)
    refused.append(await still.post(f"{path}/addresses", an_address()))
    gone = await still.call("DELETE", path, bearer=ADMINISTRATOR, if_match="*")

    assert [(one.status_code, one.json()["code"]) for one in refused] == 3 * [
        (409, "pending-edit-not-allowed")
    ]
    assert (allowed.status_code, gone.status_code) == (201, 204)


async def a_group(api: Api, **but: Any) -> None:
    response = await api.put_setting(
        "customer-groups", "77", {"id": "77", "name": "Seventy-seven", **but}
    )
    assert response.status_code in {200, 201}, response.text


async def test_what_cannot_be_converted_says_why_and_is_tried_again(still: Api) -> None:
    await a_group(still)
    made = await pending(still, customerGroup="77")
    await still.lose_setting("customer-groups", "77")
    path = f"customers/{made['id']}"
    failed = (await still.post(f"{path}/resync", bearer=ADMINISTRATOR)).json()
    [creation] = await operations(still, made["id"])
    async with asyncio.timeout(10):
        while made["id"] not in await unsynchronized(still, "status=failed"):
            await asyncio.sleep(0.05)
    waiting = await unsynchronized(still, "status=pending")
    later = await unsynchronized(still, "status=failed&since=2090-01-01T00:00:00Z")
    await a_group(still)
    mended = (await still.post(f"{path}/resync", bearer=ADMINISTRATOR)).json()
    async with asyncio.timeout(10):
        while made["id"] in await unsynchronized(still, "status=failed"):
            await asyncio.sleep(0.05)

    assert (failed["syncStatus"], failed["accountNumber"]) == ("SyncFailed", None)
    assert (creation["status"], creation["attempts"]) == ("Failed", 1)
    assert creation["lastError"]["code"] == "unknown-customer-group"
    assert creation["lastError"]["detail"] == "There is no 77 among the customer-groups."
    assert (waiting, later) == ([], [])
    assert (mended["syncStatus"], bool(mended["accountNumber"])) == ("Synced", True)


async def test_a_failed_customer_may_be_put_right_whatever_the_switches(still: Api) -> None:
    await a_group(still)
    made = await pending(still, customerGroup="77")
    await still.lose_setting("customer-groups", "77")
    path = f"customers/{made['id']}"
    await still.post(f"{path}/resync", bearer=ADMINISTRATOR)
    await still.switch("edit-customers-asynchronously", False)
    edited = await still.call("PATCH", path, {"customerGroup": None}, if_match="*")
    mended = (await still.post(f"{path}/resync", bearer=ADMINISTRATOR)).json()

    assert edited.status_code == 200
    assert mended["syncStatus"] == "Synced"


async def test_resync_of_what_is_synchronized_changes_nothing(api: Api) -> None:
    made = await api.create()
    response = await api.post(f"customers/{made['id']}/resync", bearer=ADMINISTRATOR)

    assert response.status_code == 200
    assert response.json()["version"] == made["version"]
    assert await operations(api, made["id"]) == []


class NoNumbers(Metered):
    """A store that gives out no account numbers."""

    async def commit(
        self, container: str, partition: Partition, operations: Sequence[Operation]
    ) -> list[str]:
        if partition[-1] == "number-sequences":
            raise StoreUnavailable("the register is away")
        return await super().commit(container, partition, operations)


async def test_without_the_register_customers_are_pending_and_convert_when_it_is_back(
    api: Api,
) -> None:
    healthy = wiring.backend()
    wiring.install(api.host.folder.backend(NoNumbers(api.documents), healthy.bus))
    answers = [await api.post("customers", a_customer(title="Ms.")) for _ in range(3)]
    async with asyncio.timeout(10):
        while not (await operations(api, answers[0].json()["id"]))[0]["attempts"]:
            await asyncio.sleep(0.05)
    wiring.install(healthy)
    synced = [await until_synced(api, one.json()["id"]) for one in answers]

    assert [one.status_code for one in answers] == [202, 202, 202]
    assert len({one["accountNumber"] for one in synced}) == 3


async def test_the_trace_tells_how_far_a_customer_is(still: Api) -> None:
    made = await pending(still)
    path = f"customers/{made['id']}"
    async with asyncio.timeout(10):
        while True:
            trace = (await still.get(f"{path}/trace")).json()
            steps = {one["step"]: one for one in trace["steps"]}
            if steps["relayed"]["state"] == "done":
                break
            await asyncio.sleep(0.05)
    await still.post(f"{path}/resync", bearer=ADMINISTRATOR)
    after = {one["step"]: one for one in (await still.get(f"{path}/trace")).json()["steps"]}

    assert list(steps) == [
        "committed", "relayed", "converted", "inDirectory", "consent", "indexed",
    ]  # fmt: skip
    assert (steps["committed"]["version"], steps["relayed"]["version"]) == (1, 1)
    assert steps["relayed"]["at"] > steps["committed"]["at"]
    assert (steps["converted"]["state"], steps["inDirectory"]["state"]) == ("pending", "done")
    assert after["converted"]["state"] == "done"
    assert after["committed"]["version"] == 2


async def test_a_customer_converts_once_however_often_it_is_asked_for(still: Api) -> None:
    made = await pending(still)
    path = f"customers/{made['id']}/resync"
    answers = await asyncio.gather(*(still.post(path, bearer=ADMINISTRATOR) for _ in range(6)))

    assert len({one.json()["accountNumber"] for one in answers} - {None}) == 1
    listing = await still.documents.read("customers", (made["id"], COMPANY), made["id"])
    assert listing
    assert listing.body["version"] == 2
