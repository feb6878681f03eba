"""Creating, reading, changing, deactivating customers."""

import uuid

import pytest

from local.tokens import Bearer
from tests.api import ADMINISTRATOR, COMPANY, Api, a_customer, a_phone, an_address, an_email


async def test_the_customer_of_the_documentation_can_be_made(api: Api) -> None:
    body = {
        "storeNumber": "HOUSTON", "id": str(uuid.uuid4()), "customerType": "Person",
        "title": "Ms.", "firstName": "Karen", "middleName": None, "lastName": "Berg",
        "suffix": None, "customerGroup": "30", "currency": "USD", "language": "en-US",
        "receiptOption": "Email", "receiptEmail": "karen@example.com",
        "affiliations": ["VIP"], "addressBooks": ["USRSA"],
        "contacts": [{"kind": "email", "value": "karen@example.com", "purpose": "Personal",
                      "primary": True, "marketingConsent": "OptedIn"}],
        "addresses": [{"purpose": "Home", "street": "1 Main St", "city": "Houston",
                       "state": "TX", "postalCode": "77002", "country": "US", "primary": True,
                       "name": None, "phone": None}],
        "attributes": {"birthday": "1990-04-12", "interests": ["Shoes", "Handbags"]},
        "externalIds": {"web": "u-8812"},
    }  # fmt: skip
    response = await api.post("customers", body)
    customer = response.json()

    assert response.status_code == 201
    assert response.headers["Location"] == f"/api/v1/USRT/customers/{body['id']}"
    assert response.headers["ETag"]
    assert customer["id"] == body["id"]
    assert customer["displayAccount"] == customer["accountNumber"]
    assert (customer["syncStatus"], customer["status"]) == ("Synced", "Active")
    assert (customer["legalEntity"], customer["name"]) == ("USRT", "Karen Berg")
    assert customer["financialDimensions"] == {"CostCenter": "015"}
    assert customer["contacts"][0]["marketingConsent"] == "OptedIn"
    assert customer["contacts"][0]["consentAt"]
    assert "normal" not in customer["contacts"][0]
    assert customer["addressCount"] == 1
    assert customer["primaryAddress"]["city"] == "Houston"
    assert customer["attributes"] == body["attributes"]
    assert customer["externalIds"] == {"web": "u-8812"}
    assert customer["createdBy"] == "application:web"
    assert customer["createdAt"].endswith("Z")


async def test_account_number_and_guid_name_the_same_customer(api: Api) -> None:
    made = await api.create()
    by_id = await api.get(f"customers/{made['id']}")
    by_account = await api.get(f"customers/{made['accountNumber']}")

    assert by_id.json() == by_account.json()
    assert by_id.headers["ETag"] == by_account.headers["ETag"]
    assert by_id.json()["id"] == made["id"]


async def test_an_unknown_customer_is_not_found(api: Api) -> None:
    for customer_id in ("nope", str(uuid.uuid4())):
        response = await api.get(f"customers/{customer_id}")

        assert response.status_code == 404
        assert response.json()["code"] == "customer-not-found"


async def test_a_new_customer_inherits_exactly_what_the_default_customer_lends(api: Api) -> None:
    lender = await api.create(
        customerType="Organization", firstName=None, lastName=None,
        organizationName="Template", customerGroup="10", receiptOption="Both",
        receiptEmail="till@example.com", currency="EUR", language="de-DE",
        affiliations=["VIP", "Student"], title=None, externalIds={"x": "1"},
        attributes={"occupation": "Template"}, contacts=[an_email("template@example.com")],
        addressBooks=["USRSW"],
    )  # fmt: skip
    store = (await api.get("settings/stores/ONLINE")).json()
    response = await api.put_setting(
        "stores", "ONLINE", store | {"defaultCustomerId": lender["id"]}, if_match="*"
    )
    assert response.status_code == 200, response.text
    made = await api.create(
        storeNumber="ONLINE", firstName=None, lastName=None, organizationName="Contoso"
    )

    assert made["customerType"] == "Organization"
    assert made["customerGroup"] == "10"
    assert (made["receiptOption"], made["receiptEmail"]) == ("Both", "till@example.com")
    assert (made["currency"], made["language"]) == ("EUR", "de-DE")
    assert made["affiliations"] == ["VIP", "Student"]
    assert made["financialDimensions"] == {"CostCenter": "010"}
    assert [warning["code"] for warning in made["warnings"]] == ["default-receipt-email"]
    assert made["addressBooks"] == ["USRSA"], "the store's, not the default customer's"
    assert (made["externalIds"], made["attributes"], made["contacts"]) == ({}, {}, [])

    own = await api.create(
        storeNumber="ONLINE", customerType="Person", receiptEmail="own@example.com"
    )
    assert own["receiptEmail"] == "own@example.com"
    assert own["warnings"] == []

    defaults = (await api.get("customer-defaults?store=ONLINE")).json()
    assert defaults["receiptEmail"] == "till@example.com"
    assert [warning["code"] for warning in defaults["warnings"]] == ["default-receipt-email"]
    assert defaults["country"] == "US"


async def test_a_change_of_the_default_customer_is_inherited_at_once(api: Api) -> None:
    await api.create()
    store = (await api.get("settings/stores/HOUSTON")).json()
    path = f"customers/{store['defaultCustomerId']}"
    await api.call("PATCH", path, {"language": "es-US"}, if_match="*")

    assert (await api.create())["language"] == "es-US"


async def test_dimensions_come_from_the_group(api: Api) -> None:
    made = await api.create(customerGroup="10")
    patched = await api.call(
        "PATCH", f"customers/{made['id']}", {"customerGroup": "30"}, if_match="*"
    )

    assert made["financialDimensions"] == {"CostCenter": "010"}
    assert patched.json()["financialDimensions"] == {"CostCenter": "015"}


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
    assert own.json()["modifiedBy"] == f"customer:{hers['id']}"
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
