"""What customers hold: merge patches, values, attributes, and what breaks a rule."""

import uuid

import pytest

from tests.api import Api, a_customer, a_phone, an_email


async def test_a_patch_merges(api: Api) -> None:
    made = await api.create(
        title="Ms.",
        attributes={"birthday": "1990-04-12", "occupation": "Painter"},
        externalIds={"web": "1", "old": "2"},
    )
    patch = {
        "title": None,
        "firstName": "Carin",
        "attributes": {"occupation": None, "orders": 3},
        "externalIds": {"old": None, "app": "9"},
    }
    response = await api.call(
        "PATCH",
        f"customers/{made['accountNumber']}",
        patch,
        if_match=(await api.get(f"customers/{made['id']}")).headers["ETag"],
        content_type="application/merge-patch+json",
    )
    customer = response.json()

    assert response.status_code == 200
    assert (customer["title"], customer["firstName"]) == (None, "Carin")
    assert customer["name"] == "Carin Berg"
    assert customer["attributes"] == {"birthday": "1990-04-12", "orders": 3}
    assert customer["externalIds"] == {"web": "1", "app": "9"}
    assert customer["modifiedAt"] > customer["createdAt"]
    assert (await api.get(f"customers/{made['id']}")).json() == customer


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"firstName": None, "lastName": None}, "/lastName", "required"),
        ({"organizationName": "Contoso"}, "/organizationName", "organizations-only"),
        ({"customerType": "Organization"}, "/organizationName", "required"),
        ({"storeNumber": "NOWHERE"}, "/storeNumber", "unknown-store"),
        ({"customerGroup": "99"}, "/customerGroup", "unknown-customer-group"),
        ({"affiliations": ["VIP", "Ghost"]}, "/affiliations/1", "unknown-affiliation"),
        ({"addressBooks": ["Ghost"]}, "/addressBooks/0", "unknown-address-book"),
        ({"title": "Sir Lancelot"}, "/title", "unknown-title"),
        ({"currency": "usd"}, "/currency", "string-pattern-mismatch"),
        ({"currency": "QQQ"}, "/currency", "value-error"),
        ({"receiptEmail": "abc"}, "/receiptEmail", "value-error"),
        ({"fristName": "typo"}, "/fristName", "extra-forbidden"),
        ({"contacts": [{"kind": "email", "value": "nope"}]}, "/contacts/0/value", "invalid-email"),
        ({"contacts": [{"kind": "phone", "value": "12"}]}, "/contacts/0/value", "invalid-phone"),
        ({"contacts": [{"kind": "url", "value": "x"}]}, "/contacts/0/value", "invalid-url"),
        ({"addresses": [{"country": "UK"}]}, "/addresses/0/country", "value-error"),
        ({"addresses": [{"purpose": "Moon"}]}, "/addresses/0/purpose", "unknown-address-purpose"),
        ({"attributes": {"shoe": 43}}, "/attributes/shoe", "unknown-attribute"),
        ({"attributes": {"birthday": "12.4.1990"}}, "/attributes/birthday", "wrong-type"),
        ({"attributes": {"birthday": ["1990-04-12"]}}, "/attributes/birthday", "single-value"),
        ({"attributes": {"interests": ["Shoes", "War"]}}, "/attributes/interests", "not-in-list"),
        ({"attributes": {"interests": ["Shoes"] * 2}}, "/attributes/interests", "repeated-value"),
        ({"attributes": {"orders": -1}}, "/attributes/orders", "out-of-range"),
        ({"attributes": {"orders": "3"}}, "/attributes/orders", "wrong-type"),
        ({"attributes": {"orders": True}}, "/attributes/orders", "wrong-type"),
    ],
)
async def test_what_breaks_a_rule_is_refused_where_it_stands(
    api: Api, body: dict[str, object], pointer: str, code: str
) -> None:
    response = await api.post("customers", a_customer(**body))
    problem = response.json()

    assert response.status_code == 422, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert (pointer, code) in {(error["pointer"], error["code"]) for error in problem["errors"]}
    assert await api.names("karen") == [], "nothing was made"


async def test_a_phone_is_read_by_the_country_of_the_primary_address(api: Api) -> None:
    made = await api.create(contacts=[a_phone("06 1234567")], addresses=[{"country": "IT"}])

    assert made["contacts"][0]["value"] == "06 1234567"
    assert await api.names("+39 06 123".replace("+", "%2B")) == ["Karen Berg"]
    assert await api.names("061234") == ["Karen Berg"]


async def test_a_guid_may_be_written_in_capitals(api: Api) -> None:
    mine = str(uuid.uuid4())
    made = await api.create(id=mine.upper())

    assert made["id"] == mine
    assert (await api.get(f"customers/{mine.upper()}")).status_code == 200


async def test_e_mails_that_only_look_alike_are_no_duplicates(api: Api) -> None:
    await api.create(contacts=[an_email("jürgen@example.com")])
    await api.set_parameters(duplicatePolicy="block")
    other = await api.post("customers", a_customer(contacts=[an_email("jurgen@example.com")]))
    same = await api.post("customers", a_customer(contacts=[an_email("JÜRGEN@example.com")]))

    assert other.status_code == 201
    assert same.json()["code"] == "possible-duplicate"


async def test_the_same_guid_makes_one_customer(api: Api) -> None:
    mine = str(uuid.uuid4())
    await api.create(id=mine)
    again = await api.post("customers", a_customer(id=mine, firstName="Other"))

    assert again.status_code == 409
    assert again.json()["code"] == "customer-exists"
    assert again.json()["customerId"] == mine
    assert (await api.get(f"customers/{mine}")).json()["firstName"] == "Karen"


async def test_values_keep_their_json_types(api: Api) -> None:
    attributes = {"birthday": "2000-02-29", "orders": 7, "lifetimeValue": 12.5, "interests": []}
    made = await api.create(attributes=attributes)

    assert made["attributes"] == attributes


async def test_required_and_default_attributes(api: Api) -> None:
    for name, body in {
        "attributes/tier": {"name": "tier", "attributeType": "Text", "defaultValue": "Bronze"},
        "attributes/source": {"name": "source", "attributeType": "Text"},
        "attribute-groups/Customer": {
            "name": "Customer",
            "members": [
                {"attribute": "tier", "defaultValue": "Silver"},
                {"attribute": "source", "required": True},
            ],
        },
    }.items():
        collection, key = name.split("/")
        response = await api.put_setting(
            collection, key, body, **({"if_match": "*"} if "groups" in name else {})
        )
        assert response.status_code in {200, 201}, response.text
    missing = await api.post("customers", a_customer())
    made = await api.create(attributes={"source": "fair"})
    emptied = await api.call(
        "PATCH", f"customers/{made['id']}", {"attributes": {"source": None}}, if_match="*"
    )

    nothing_left = await api.call(
        "PATCH", f"customers/{made['id']}", {"attributes": None}, if_match="*"
    )
    assert nothing_left.status_code == 422
    assert missing.json()["errors"][0] == {
        "pointer": "/attributes/source", "code": "required", "detail": "source is required.",
    }  # fmt: skip
    assert made["attributes"] == {"tier": "Silver", "source": "fair"}
    assert emptied.status_code == 422


async def test_an_attribute_that_is_no_longer_defined_stands_in_nobodys_way(api: Api) -> None:
    made = await api.create(attributes={"occupation": "Painter", "orders": 1})
    members = [{"attribute": "orders"}]
    group = {"name": "Customer", "members": members}
    await api.put_setting("attribute-groups", "Customer", group, if_match="*")
    path = f"customers/{made['id']}"
    kept = await api.call("PATCH", path, {"attributes": {"orders": 2}}, if_match="*")
    gone = await api.call("PATCH", path, {"attributes": {"occupation": None}}, if_match="*")

    assert kept.json()["attributes"] == {"occupation": "Painter", "orders": 2}
    assert gone.json()["attributes"] == {"orders": 2}
