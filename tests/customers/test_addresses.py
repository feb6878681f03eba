"""Addresses of a customer."""

import asyncio

from local.tokens import Bearer
from tests.api import COMPANY, Api, a_customer, a_phone, an_address
from tests.customers.test_imports import NDJSON, finished, lines
from tests.offline.scenes import an_operation, applied


async def test_what_is_left_out_is_filled_in(api: Api) -> None:
    person = await api.create(contacts=[a_phone("(206) 555-0123")], addresses=[{"city": "Reno"}])
    firm = await api.create(
        customerType="Organization", firstName=None, lastName=None, organizationName="Contoso",
        addresses=[{"city": "Reno"}],
    )  # fmt: skip
    [address] = (await api.get(f"customers/{person['id']}/addresses")).json()["items"]

    assert address["purpose"] == "Home"
    assert address["country"] == "US", "from the store's operating unit"
    assert (address["name"], address["phone"]) == ("Karen Berg", "(206) 555-0123")
    assert (address["primary"], address["active"]) == (True, True)
    assert firm["primaryAddress"]["purpose"] == "Business"
    assert firm["primaryAddress"]["name"] == "Contoso"


async def test_one_address_is_primary_and_another_takes_over(api: Api) -> None:
    made = await api.create(addresses=[an_address(city="Austin")])
    path = f"customers/{made['id']}"
    second = await api.post(f"{path}/addresses", an_address(city="Dallas"))
    third = await api.post(f"{path}/addresses", an_address(city="Waco", primary=True))
    one = second.json()
    patched = await api.call(
        "PATCH", f"{path}/addresses/{one['id']}", {"primary": True, "city": "El Paso"},
        if_match=second.headers["ETag"],
    )  # fmt: skip
    items = (await api.get(f"{path}/addresses")).json()["items"]
    customer = (await api.get(path)).json()

    assert (one["primary"], third.json()["primary"]) == (False, True)
    assert second.headers["Location"] == f"/api/v1/USRT/{path}/addresses/{one['id']}"
    assert patched.json()["city"] == "El Paso"
    assert [(item["city"], item["primary"]) for item in items] == [
        ("Austin", False), ("El Paso", True), ("Waco", False),
    ]  # fmt: skip
    assert customer["primaryAddress"]["id"] == one["id"]
    assert customer["addressCount"] == 3
    for city in ("austin", "paso", "waco"):
        assert await api.names(city) == ["Karen Berg"], city
    assert await api.names("dallas") == []


async def test_an_address_ends_and_its_record_stays(api: Api) -> None:
    made = await api.create(addresses=[an_address(city="Austin"), an_address(city="Dallas")])
    path = f"customers/{made['id']}/addresses"
    items = (await api.get(path)).json()["items"]
    first = f"{path}/{items[0]['id']}"
    gone = await api.call(
        "DELETE", f"{first}?primary={items[1]['id']}", if_match=f'"{items[0]["etag"]}"'
    )
    twice = await api.call("DELETE", first, if_match="*")
    read = (await api.get(first)).json()
    patched = await api.call("PATCH", first, {"city": "Waco"}, if_match="*")
    customer = (await api.get(f"customers/{made['id']}")).json()

    assert (gone.status_code, twice.status_code) == (204, 204)
    assert (read["active"], read["primary"]) == (False, False)
    assert read["validTo"]
    assert (patched.status_code, patched.json()["code"]) == (409, "address-inactive")
    assert [item["city"] for item in (await api.get(path)).json()["items"]] == ["Dallas"]
    assert customer["addressCount"] == 1
    assert customer["primaryAddress"]["city"] == "Dallas"
    assert await api.names("austin") == []


async def test_refusals(api: Api) -> None:
    made = await api.create(addresses=[an_address()])
    path = f"customers/{made['id']}/addresses"
    one = f"{path}/1"
    for response, status, code in [
        (await api.get(f"{path}/nope"), 404, "address-not-found"),
        (await api.get("customers/nobody/addresses"), 404, "customer-not-found"),
        (await api.post(path, {"purpose": "Moon"}), 422, "invalid"),
        (await api.post(path, {"country": "XX"}), 422, "invalid"),
        (await api.call("PATCH", one, {"city": "x"}), 428, "if-match-required"),
        (await api.call("PATCH", one, {"city": "x"}, if_match='"old"'), 412, "stale"),
        (await api.call("PATCH", one, {"purpose": None}, if_match="*"), 422, "invalid"),
        (await api.call("DELETE", f"{one}?primary=99", if_match="*"), 404, "address-not-found"),
        (await api.call("DELETE", f"{one}?primary=1", if_match="*"), 422, "invalid"),
    ]:
        assert (response.status_code, response.json()["code"]) == (status, code)
    assert (await api.get(path)).json()["items"][0]["active"]


async def test_many_writers_at_once_lose_no_address(api: Api) -> None:
    made = await api.create()
    path = f"customers/{made['id']}"
    responses = await asyncio.gather(
        *(api.post(f"{path}/addresses", an_address(city=f"City{n}")) for n in range(12))
    )
    there = {response.json()["id"] for response in responses if response.status_code == 201}
    page = (await api.get(f"{path}/addresses?limit=100")).json()

    assert {response.status_code for response in responses} <= {201, 412}
    assert {item["id"] for item in page["items"]} == there
    assert (await api.get(path)).json()["addressCount"] == len(there)
    assert sum(item["primary"] for item in page["items"]) == 1


async def test_a_thousand_addresses_make_the_customer_no_larger(api: Api) -> None:
    made = await api.create()
    path = f"customers/{made['id']}"
    sizes, costs = [], []
    for n in range(1000):
        added = await api.post(f"{path}/addresses", an_address(street=f"{n:03} Main St"))
        assert added.status_code == 201
        if n in {100, 999}:
            document = await api.documents.read("customers", (made["id"], "USRT"), made["id"])
            assert document is not None
            sizes.append(len(str(document.body)))
        if n % 100 > 90:  # one of them may have read the settings anew
            costs.append((n // 900, added.headers["Server-Timing"].partition(" charge")[0]))
    page = (await api.get(f"{path}/addresses")).json()
    last = (await api.get(f"{path}/addresses?limit=100&cursor={page['nextCursor']}")).json()

    assert abs(sizes[1] - sizes[0]) < 10
    early, late = (min(cost for when, cost in costs if when == one) for one in (0, 1))
    assert early == late
    assert len(page["items"]) == 20
    assert last["items"][0]["street"] == "020 Main St"
    assert (await api.get(path)).json()["addressCount"] == 1000


async def test_a_page_of_addresses_is_one_query(api: Api) -> None:
    made = await api.create(addresses=[an_address()])
    response = await api.get(f"customers/{made['id']}/addresses")

    assert "reads=0 queries=1" in response.headers["Server-Timing"]


async def test_a_customer_adds_fifty_at_most_and_the_company_as_many_as_it_sets(api: Api) -> None:
    await api.set_parameters(mostAddresses=52, customerRequestsASecond=0)
    made = await api.create(addresses=[an_address() for _ in range(40)])
    path = f"customers/{made['id']}/addresses"
    customer = Bearer("Customer", (COMPANY,), customer_id=made["id"])
    own = [await api.post(path, an_address(), bearer=customer) for _ in range(11)]
    others = [await api.post(path, an_address()) for _ in range(3)]
    ended = own[0].json()["id"]
    await api.call("DELETE", f"{path}/{ended}", if_match="*")
    again = await api.post(path, an_address())

    assert [one.status_code for one in own] == [201] * 10 + [409]
    assert own[-1].json() | {"code": "too-many-addresses", "most": 50} == own[-1].json()
    assert [one.status_code for one in others] == [201, 201, 409]
    assert others[-1].json()["most"] == 52
    assert again.status_code == 201


async def test_no_way_leads_past_the_most_addresses(api: Api) -> None:
    await api.set_parameters(mostAddresses=2)
    two, three = [an_address()] * 2, [an_address()] * 3
    made = await api.create(addresses=two)
    created = await api.post("customers", a_customer(addresses=three))
    asked = await api.post("customers", a_customer(addresses=three), prefer="respond-async")
    body = lines(a_customer(addresses=three), a_customer(addresses=two))
    started = await api.post("imports", body, **NDJSON)
    state = await finished(api, started.headers["Location"])
    upload = await applied(api, an_operation("address", made["id"], an_address(), baseVersion=1))

    assert [one.json()["code"] for one in (created, asked)] == ["too-many-addresses"] * 2
    assert [one["code"] for one in state["refusedLines"]["items"]] == ["too-many-addresses"]
    assert state["created"] == 1
    assert [one["status"] for one in upload["operations"]["items"]] == ["Refused"]
    assert upload["operations"]["items"][0]["problem"]["code"] == "too-many-addresses"
    assert (await api.get(f"customers/{made['id']}")).json()["addressCount"] == 2
