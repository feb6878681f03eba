"""Creating customers: what they inherit, what is refused, and duplicates."""

import uuid

from tests.api import ADMINISTRATOR, Api, an_email


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
    await api.call("PATCH", path, {"language": "es-US"}, if_match="*", bearer=ADMINISTRATOR)

    assert (await api.create())["language"] == "es-US"


async def test_dimensions_come_from_the_group(api: Api) -> None:
    made = await api.create(customerGroup="10")
    patched = await api.call(
        "PATCH", f"customers/{made['id']}", {"customerGroup": "30"}, if_match="*"
    )

    assert made["financialDimensions"] == {"CostCenter": "010"}
    assert patched.json()["financialDimensions"] == {"CostCenter": "015"}
