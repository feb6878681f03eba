"""Settings, parameters, features, companies."""

import asyncio
from typing import Any

import pytest

from local.tokens import Bearer
from tests.api import ADMINISTRATOR, MANAGER, Api, a_customer


async def test_a_setting_is_made_replaced_read_and_removed(api: Api) -> None:
    body = {"name": "Gold", "description": None}
    made = await api.put_setting("affiliations", "Gold", body)
    no_version = await api.put_setting("affiliations", "Gold", body)
    stale = await api.put_setting("affiliations", "Gold", body, if_match='"old"')
    changed = {"name": "Gold", "description": "Best", "active": True}
    replaced = await api.put_setting("affiliations", "Gold", changed, if_match=made.headers["ETag"])
    read = await api.get("settings/affiliations/Gold", bearer=MANAGER)
    known = await api.get("settings/affiliations/Gold", if_none_match=read.headers["ETag"])
    path = "settings/affiliations/Gold"
    gone = await api.call("DELETE", path, bearer=ADMINISTRATOR, if_match=read.headers["ETag"])

    assert (made.status_code, replaced.status_code) == (201, 200)
    assert made.headers["Location"] == "/api/v1/USRT/settings/affiliations/Gold"
    assert (no_version.status_code, no_version.json()["code"]) == (428, "if-match-required")
    assert stale.status_code == 412
    assert read.json() == changed
    assert read.headers["ETag"] == replaced.headers["ETag"]
    assert (known.status_code, known.content) == (304, b"")
    assert gone.status_code == 204
    assert (await api.get(path)).json()["code"] == "setting-not-found"


async def test_settings_are_listed_in_pages(api: Api) -> None:
    page = (await api.get("settings/attributes?limit=2")).json()
    rest = (await api.get(f"settings/attributes?cursor={page['nextCursor']}")).json()
    keys = [item["key"] for item in page["items"] + rest["items"]]

    assert keys == [
        "birthday", "favoriteBrand", "interests", "lifetimeValue", "occupation", "orders",
    ]  # fmt: skip
    assert page["items"][0]["setting"]["attributeType"] == "Date"
    assert page["items"][0]["etag"]


@pytest.mark.parametrize(
    ("collection", "key", "body", "pointer"),
    [
        ("affiliations", "Gold", {"name": "Silver"}, ""),
        ("affiliations", "Gold", {"name": "Gold", "colour": "gold"}, "/colour"),
        ("workers", "9", {"personnelNumber": "9", "name": "N", "permissionGroup": "Ghost"},
         "/permissionGroup"),
        ("workers", "9", {"personnelNumber": "9", "name": "N", "employeeAddressBooks": ["Ghost"]},
         "/employeeAddressBooks/0"),
        ("attributes", "a", {"name": "a", "attributeType": "Ghost"}, "/attributeType"),
        ("attributes", "a", {"name": "a", "attributeType": "Count", "defaultValue": -5},
         "/defaultValue"),
        ("attribute-groups", "g", {"name": "g", "members": [{"attribute": "ghost"}]},
         "/members/0/attribute"),
        ("attribute-groups", "g", {"name": "g", "members": [
            {"attribute": "orders", "defaultValue": "many"}]}, "/members/0/defaultValue"),
        ("attribute-types", "t", {"name": "t", "dataType": "Date", "fixedList": ["x"]}, ""),
        ("attribute-types", "t", {"name": "t", "dataType": "Text", "range": {"min": 1}}, ""),
        ("attribute-types", "t", {"name": "t", "dataType": "Date", "range": {"min": "x"}}, ""),
        ("attribute-types", "t", {"name": "t", "dataType": "Boolean", "unit": "kg"}, ""),
        ("number-sequences", "n", {"code": "n", "format": "##-##"}, "/format"),
        ("customer-groups", "7", {"id": "7", "name": "x", "accountNumberSequence": "Ghost"},
         "/accountNumberSequence"),
        ("channel-database-groups", "d", {"name": "d", "channels": ["Ghost"]}, "/channels/0"),
    ],
)  # fmt: skip
async def test_settings_are_held_against_each_other(
    api: Api, collection: str, key: str, body: Any, pointer: str
) -> None:
    response = await api.put_setting(collection, key, body)

    assert response.status_code == 422, response.text
    assert pointer in {error["pointer"] for error in response.json()["errors"]}
    assert (await api.get(f"settings/{collection}/{key}")).status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("functionalityProfile", "Ghost"), ("customerAddressBooks", ["Ghost"]),
        ("channelDatabaseGroup", "Ghost"), ("timeZone", "Mars/Olympus"),
        ("defaultCustomerId", "3f0c0000-0000-4000-8000-000000000000"),
        ("operatingUnit", {"name": "x"}),
    ],
)  # fmt: skip
async def test_a_store_names_only_what_is_there(api: Api, field: str, value: Any) -> None:
    store = (await api.get("settings/stores/HOUSTON")).json()
    response = await api.put_setting("stores", "HOUSTON", store | {field: value}, if_match="*")

    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"].startswith(f"/{field}")


@pytest.mark.parametrize(
    ("path", "users"),
    [
        ("functionality-profiles/Default", {"stores/HOUSTON", "stores/ONLINE", "stores/SANFRAN"}),
        ("address-books/USRSW", {"stores/SANFRAN"}),
        ("permission-groups/Cashier", {"workers/000110"}),
        ("attribute-types/Date", {"attributes/birthday"}),
        (
            "attributes/birthday",
            {
                "attribute-groups/Customer",
                "attribute-groups/ClientBook",
                "follow-up-rules/Birthday",
            },
        ),
        ("attribute-groups/Customer", {"parameters/parameters"}),
        ("number-sequences/ClientBook", {"parameters/parameters"}),
    ],
)
async def test_what_is_in_use_cannot_go(api: Api, path: str, users: set[str]) -> None:
    response = await api.call("DELETE", f"settings/{path}", bearer=ADMINISTRATOR, if_match="*")

    assert (response.status_code, response.json()["code"]) == (409, "still-in-use")
    assert set(response.json()["usedBy"]) == users
    assert (await api.get(f"settings/{path}")).status_code == 200


async def test_the_type_of_an_attribute_in_use_does_not_change(api: Api) -> None:
    retyped = await api.put_setting(
        "attribute-types", "Date", {"name": "Date", "dataType": "Text"}, if_match="*"
    )
    moved = await api.put_setting(
        "attributes", "birthday", {"name": "birthday", "attributeType": "Text"}, if_match="*"
    )
    renamed = await api.put_setting(
        "attributes",
        "birthday",
        {"name": "birthday", "attributeType": "Date", "friendlyName": "Born"},
        if_match="*",
    )

    assert (retyped.json()["code"], moved.json()["code"]) == ("still-in-use", "still-in-use")
    assert renamed.status_code == 200


async def test_a_number_is_never_given_twice(api: Api) -> None:
    await api.create()
    path = "settings/number-sequences/CustomerAccount"
    read = (await api.get(path)).json()
    back = await api.put_setting(
        "number-sequences", "CustomerAccount", read | {"next": 1}, if_match="*"
    )
    await api.set_parameters(customerNumberSequence=None)
    gone = await api.call("DELETE", path, bearer=ADMINISTRATOR, if_match="*")
    other = {"code": "B2B", "format": "1#####"}
    overlapping = await api.put_setting("number-sequences", "B2B", other)
    apart = await api.put_setting("number-sequences", "B2B", other | {"format": "B#####"})

    assert (back.status_code, back.json()["code"]) == (409, "number-sequence-used")
    assert (gone.status_code, gone.json()["code"]) == (409, "number-sequence-used")
    assert overlapping.json()["errors"][0]["code"] == "format-overlaps"
    assert apart.status_code == 201


async def test_an_unknown_collection_is_not_found(api: Api) -> None:
    for response in (
        await api.get("settings/shoes"),
        await api.get("settings/shoes/1"),
        await api.put_setting("shoes", "1", {"name": "1"}),
    ):
        assert (response.status_code, response.json()["code"]) == (404, "collection-not-found")


async def test_parameters_are_patched(api: Api) -> None:
    read = await api.get("parameters")
    patched = await api.call(
        "PATCH", "parameters",
        {"duplicatePolicy": "warn", "customerInsights": {"measures": ["CLV"]}},
        bearer=ADMINISTRATOR, if_match=read.headers["ETag"],
    )  # fmt: skip
    ghost = await api.call(
        "PATCH", "parameters", {"customerAttributeGroup": "Ghost"},
        bearer=ADMINISTRATOR, if_match="*",
    )  # fmt: skip
    typo = await api.call(
        "PATCH", "parameters", {"duplicatePolicy": "maybe", "x": 1},
        bearer=ADMINISTRATOR, if_match="*",
    )  # fmt: skip
    reset = await api.call(
        "PATCH", "parameters", {"duplicatePolicy": None}, bearer=ADMINISTRATOR, if_match="*"
    )

    assert read.json()["duplicatePolicy"] == "allow"
    assert patched.json()["duplicatePolicy"] == "warn"
    assert patched.json()["customerInsights"]["measures"] == ["CLV"]
    assert patched.json()["customerAttributeGroup"] == "Customer"
    assert ghost.json()["errors"][0]["code"] == "unknown-attribute-group"
    assert {error["pointer"] for error in typo.json()["errors"]} == {"/duplicatePolicy", "/x"}
    assert reset.json()["duplicatePolicy"] == "allow"


async def test_a_feature_waits_for_what_it_needs(api: Api) -> None:
    needed = "async-customer-addresses"
    refused_off = await api.switch(needed, False)
    await api.switch("edit-customers-asynchronously", False)
    off = await api.switch(needed, False)
    refused_on = await api.switch("edit-customers-asynchronously", True)
    read = await api.get(f"features/{needed}")
    listed = (await api.get("features")).json()["items"]

    assert refused_off.json()["code"] == "feature-dependency"
    assert refused_off.json()["dependents"] == ["edit-customers-asynchronously"]
    assert off.json() == {"name": needed, "enabled": False, "needs": []}
    assert (refused_on.status_code, refused_on.json()["missing"]) == (409, [needed])
    assert read.headers["ETag"].strip('"') == listed[0]["etag"]
    assert len(listed) == 6
    assert (await api.get("features/ghost")).json()["code"] == "feature-not-found"
    assert (await api.switch("ghost", True)).json()["code"] == "feature-not-found"


async def test_a_new_company_can_trade(api: Api) -> None:
    founder = Bearer("Administrator", ("FRRT",), subject="ada")
    fields = {"name": "Contoso France", "currency": "EUR", "language": "fr-FR"}
    before = await api.get("/api/v1/FRRT", bearer=founder)
    made = await api.call("PUT", "/api/v1/FRRT", fields, bearer=founder)
    again = await api.call("PUT", "/api/v1/FRRT", fields, bearer=founder)
    changed = await api.call(
        "PUT", "/api/v1/FRRT", fields | {"name": "France"}, bearer=founder,
        if_match=made.headers["ETag"],
    )  # fmt: skip
    read = await api.get("/api/v1/FRRT", bearer=founder)
    parameters = await api.get("/api/v1/FRRT/parameters", bearer=founder)
    store = {
        "storeNumber": "PARIS", "name": "Paris", "currency": "EUR", "language": "fr-FR",
        "operatingUnit": {"name": "Paris", "address": {"country": "FR"}},
    }  # fmt: skip
    await api.call("PUT", "/api/v1/FRRT/settings/stores/PARIS", store, bearer=founder)
    till = Bearer("Application", ("FRRT",))
    body = a_customer(
        storeNumber="PARIS", title="Mr.", addresses=[{"city": "Lyon"}],
        contacts=[{"kind": "phone", "value": "01 23 45 67 89"}],
    )  # fmt: skip
    customer = (await api.post("/api/v1/FRRT/customers", body, bearer=till)).json()

    assert (before.status_code, before.json()["code"]) == (404, "legal-entity-not-found")
    assert (made.status_code, again.status_code, changed.status_code) == (201, 428, 200)
    assert read.json()["name"] == "France"
    assert parameters.json()["customerNumberSequence"] == "CustomerAccount"
    assert customer["accountNumber"] == "000001"
    assert (customer["currency"], customer["language"]) == ("EUR", "fr-FR")
    assert customer["primaryAddress"]["country"] == "FR"
    assert (
        await api.call("PUT", "/api/v1/frrt", fields, bearer=Bearer("Administrator", ("*",)))
    ).status_code == 422


async def test_any_version_is_right_for_who_says_so(api: Api) -> None:
    responses = await asyncio.gather(
        *(
            api.call(
                "PATCH", "parameters", {"customerInsights": {"measures": [f"M{n}"]}},
                bearer=ADMINISTRATOR, if_match="*",
            )
            for n in range(6)
        )
    )  # fmt: skip
    first = await asyncio.gather(
        *(api.put_setting("affiliations", "New", {"name": "New"}) for _ in range(6))
    )

    assert [response.status_code for response in responses] == [200] * 6
    assert sorted(response.status_code for response in first) == [201] + [428] * 5


async def test_of_a_change_and_a_removal_of_one_version_one_wins(api: Api) -> None:
    for _ in range(10):
        made = await api.put_setting("affiliations", "Race", {"name": "Race"})
        etag = made.headers["ETag"]
        put, gone = await asyncio.gather(
            api.put_setting(
                "affiliations", "Race", {"name": "Race", "description": "x"}, if_match=etag
            ),
            api.call("DELETE", "settings/affiliations/Race", bearer=ADMINISTRATOR, if_match=etag),
        )
        assert sorted([put.status_code, gone.status_code]) in ([200, 412], [204, 412])
        if put.status_code == 200:
            await api.call(
                "DELETE", "settings/affiliations/Race", bearer=ADMINISTRATOR, if_match="*"
            )


async def test_a_name_from_anywhere_is_an_address_too(api: Api) -> None:
    made = await api.put_setting("titles", "Žák 1", {"name": "Žák 1"})
    read = await api.get(made.headers["Location"])

    assert made.status_code == 201
    assert made.headers["Location"] == "/api/v1/USRT/settings/titles/%C5%BD%C3%A1k%201"
    assert read.json() == {"name": "Žák 1", "active": True}


async def test_what_is_not_json_is_refused(api: Api) -> None:
    body = b'{"name": "g", "members": [{"attribute": "orders", "defaultValue": NaN}]}'
    response = await api.put_setting("attribute-groups", "g", body, content_type="application/json")

    assert response.status_code == 422
    assert (await api.get("settings/attribute-groups/g")).status_code == 404
