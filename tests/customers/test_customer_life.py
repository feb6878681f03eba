"""Deactivation, duplicates, own records, numbers and versions of customers."""

import pytest

from local.tokens import Bearer
from tests.api import ADMINISTRATOR, COMPANY, Api, a_customer, a_phone, an_address, an_email


async def test_a_deactivated_customer_leaves_search_and_keeps_its_record(api: Api) -> None:
    made = await api.create()
    path = f"customers/{made['id']}"
    gone = await api.call("DELETE", path, bearer=ADMINISTRATOR, if_match="*")
    again = await api.call("DELETE", path, bearer=ADMINISTRATOR, if_match="*")
    edited = await api.call("PATCH", path, {"firstName": "New"}, if_match="*")

    assert (gone.status_code, again.status_code) == (204, 204)
    assert gone.content == b""
    assert (await api.get(path)).json()["status"] == "Inactive"
    assert await api.names("karen") == []
    assert made["id"] not in {item["id"] for item in (await api.get("customers")).json()["items"]}
    assert (edited.status_code, edited.json()["code"]) == (409, "customer-inactive")

    restored = await api.post(f"{path}/restoration", bearer=ADMINISTRATOR)
    assert restored.json()["status"] == "Active"
    assert await api.names("karen") == ["Karen Berg"]
    assert made["id"] in {item["id"] for item in (await api.get("customers")).json()["items"]}


async def test_a_default_customer_cannot_be_deactivated(api: Api) -> None:
    store = (await api.get("settings/stores/HOUSTON")).json()
    path = f"customers/{store['defaultCustomerId']}"
    response = await api.call("DELETE", path, bearer=ADMINISTRATOR, if_match="*")

    assert (response.status_code, response.json()["code"]) == (409, "still-in-use")
    assert set(response.json()["usedBy"]) == {"stores/HOUSTON", "stores/ONLINE", "stores/SANFRAN"}


async def test_duplicates_are_let_in_warned_of_or_kept_out(api: Api) -> None:
    first = await api.create(
        contacts=[an_email("Karen@Example.com"), a_phone("+1 206 555 0123")],
        addresses=[an_address()],
    )
    same = [
        {"firstName": "K.", "contacts": [an_email("KAREN@example.COM")]},
        {"firstName": "K.", "contacts": [a_phone("206.555.0123")]},
        {"firstName": "karen", "lastName": "BÉRG", "addresses": [an_address(street="9 Elm")]},
    ]
    assert (await api.create(**same[0]))["duplicateCandidates"] == []

    await api.set_parameters(duplicatePolicy="warn")
    for body, shared in zip(same, ["email", "phone", "nameAndPostalCode"], strict=True):
        candidates = (await api.create(**body))["duplicateCandidates"]
        assert first["id"] in {one["id"] for one in candidates}
        assert shared in next(one["shared"] for one in candidates if one["id"] == first["id"])

    await api.set_parameters(duplicatePolicy="block")
    for body in same:
        refused = await api.post("customers", a_customer(**body))
        assert (refused.status_code, refused.json()["code"]) == (409, "possible-duplicate")
        assert first["id"] in {one["id"] for one in refused.json()["candidates"]}
        allowed = await api.post("customers?allowDuplicate=true", a_customer(**body))
        assert allowed.status_code == 201
    other = await api.post("customers", a_customer(contacts=[an_email("else@example.com")]))
    assert other.status_code == 201


async def test_a_customer_sees_and_changes_her_own_record_only(api: Api) -> None:
    hers, other = await api.create(), await api.create()
    for customer_id in (hers["id"], hers["accountNumber"]):
        karen = Bearer("Customer", (COMPANY,), customer_id=customer_id)
        for path in (hers["id"], hers["accountNumber"]):
            assert (await api.get(f"customers/{path}", bearer=karen)).status_code == 200
        for path in (other["id"], "nobody"):
            response = await api.get(f"customers/{path}", bearer=karen)
            assert (response.status_code, response.json()["code"]) == (403, "not-your-record")

    karen = Bearer("Customer", (COMPANY,), customer_id=hers["id"])
    path = f"customers/{hers['id']}"
    own = await api.call("PATCH", path, {"language": "fr-FR"}, bearer=karen, if_match="*")
    group = await api.call("PATCH", path, {"customerGroup": "10"}, bearer=karen, if_match="*")
    assert own.json()["language"] == "fr-FR"
    assert own.json()["modifiedBy"] == "customer"
    assert (group.status_code, group.json()["code"]) == (403, "field-not-allowed")


async def test_a_group_may_have_its_own_number_sequence(api: Api) -> None:
    await api.put_setting("number-sequences", "B2B", {"code": "B2B", "format": "B-####"})
    await api.put_setting(
        "customer-groups", "20", {"id": "20", "name": "Trade", "accountNumberSequence": "B2B"}
    )
    numbers = [(await api.create(customerGroup="20"))["accountNumber"] for _ in range(3)]

    assert numbers == ["B-0001", "B-0002", "B-0003"]


async def test_a_sequence_that_is_used_up_says_so(api: Api) -> None:
    await api.put_setting(
        "number-sequences", "S", {"code": "S", "format": "#", "next": 9, "blockSize": 1}
    )
    await api.set_parameters(customerNumberSequence="S")
    last = await api.create()
    none = await api.post("customers", a_customer())

    assert last["accountNumber"] == "9"
    assert (none.status_code, none.json()["code"]) == (409, "number-sequence-exhausted")


@pytest.mark.parametrize("name", ["a/b", "a?b", "#", "x" * 256])
async def test_a_setting_that_cannot_be_is_one_that_is_not_there(api: Api, name: str) -> None:
    response = await api.post("customers", a_customer(title=name, affiliations=[name]))

    assert response.status_code == 422, response.text


async def test_the_version_counts_the_changes(api: Api) -> None:
    made = await api.create()
    path = f"customers/{made['id']}"
    edited = await api.call("PATCH", path, {"firstName": "Zoe"}, if_match="*")
    again = await api.call("PATCH", path, {"firstName": "Zoe"}, if_match="*")
    await api.post(f"{path}/addresses", an_address())

    versions = [made["version"], edited.json()["version"], again.json()["version"]]
    assert versions == [1, 2, 3]
    assert (await api.get(path)).json()["version"] == 4
