"""Contact points of a customer."""

from typing import Any

from tests.api import Api, a_customer, a_phone, an_address, an_email


async def contacts_of(api: Api, customer: dict[str, Any]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await api.get(f"customers/{customer['id']}/contacts")).json()[
        "items"
    ]
    return items


async def test_the_first_of_a_kind_is_primary_and_another_takes_over(api: Api) -> None:
    made = await api.create(contacts=[an_email("a@x.org"), an_email("b@x.org"), a_phone()])
    path = f"customers/{made['id']}/contacts"
    added = await api.post(path, an_email("c@x.org", primary=True, marketingConsent="OptedIn"))
    kinds = [(one["value"], one["primary"]) for one in await contacts_of(api, made)]

    assert [one["primary"] for one in made["contacts"]] == [True, False, True]
    assert added.status_code == 201
    assert added.headers["ETag"]
    assert (added.json()["primary"], added.json()["purpose"]) == (True, "Personal")
    assert added.json()["consentAt"]
    assert kinds == [
        ("a@x.org", False), ("b@x.org", False), ("(206) 555-0123", True), ("c@x.org", True),
    ]  # fmt: skip
    [item] = (await api.get("customers?q=c@x.org")).json()["items"]
    assert item["primaryEmail"] == "c@x.org"


async def test_the_same_number_written_otherwise_is_the_same(api: Api) -> None:
    made = await api.create(contacts=[a_phone("(206) 555-0123"), an_email("Karen@X.org")])
    path = f"customers/{made['id']}/contacts"
    for again in (a_phone("+1 206.555.0123"), a_phone("2065550123"), an_email("karen@x.ORG")):
        response = await api.post(path, again)
        assert (response.status_code, response.json()["code"]) == (409, "contact-exists")
    other = await api.post(path, a_phone("+44 206 555 0123"))

    assert other.status_code == 201
    assert made["contacts"][1]["value"] == "Karen@X.org", "kept as given"


async def test_a_phone_is_read_by_the_country_of_the_address(api: Api) -> None:
    made = await api.create(addresses=[an_address(country="DE")])
    response = await api.post(f"customers/{made['id']}/contacts", a_phone("030 901820"))

    assert response.status_code == 201
    assert await api.names("4930901820") == ["Karen Berg"]


async def test_a_contact_is_changed_at_the_version_that_was_read(api: Api) -> None:
    made = await api.create(contacts=[an_email("a@x.org"), an_email("b@x.org")])
    _, second = await contacts_of(api, made)
    path = f"customers/{made['id']}/contacts/{second['id']}"
    changed = await api.call(
        "PATCH", path, {"value": "new@x.org", "primary": True}, if_match=f'"{second["etag"]}"'
    )
    stale = await api.call("PATCH", path, {"purpose": "Work"}, if_match=f'"{second["etag"]}"')
    demoted = await api.call("PATCH", path, {"primary": False}, if_match="*")
    same = await api.call("PATCH", path, {"value": "A@x.org"}, if_match="*")
    emptied = await api.call("PATCH", path, {"value": None}, if_match="*")

    assert (changed.json()["value"], changed.json()["primary"]) == ("new@x.org", True)
    assert stale.status_code == 412
    assert demoted.json()["code"] == "primary-contact-successor-needed"
    assert same.json()["code"] == "contact-exists"
    assert emptied.status_code == 422
    assert [one["primary"] for one in await contacts_of(api, made)] == [False, True]
    assert await api.names("b@x.org") == []
    assert await api.names("new@x.org") == ["Karen Berg"]


async def test_the_last_primary_names_its_successor(api: Api) -> None:
    made = await api.create(contacts=[an_email("a@x.org"), an_email("b@x.org"), a_phone()])
    first, second, phone = await contacts_of(api, made)
    path = f"customers/{made['id']}/contacts"
    refused = await api.call("DELETE", f"{path}/{first['id']}", if_match="*")
    wrong = await api.call("DELETE", f"{path}/{first['id']}?primary={phone['id']}", if_match="*")
    gone = await api.call(
        "DELETE", f"{path}/{first['id']}?primary={second['id']}", if_match=f'"{first["etag"]}"'
    )
    last = await api.call("DELETE", f"{path}/{phone['id']}", if_match="*")
    again = await api.call("DELETE", f"{path}/{phone['id']}", if_match="*")

    assert refused.json()["code"] == "primary-contact-successor-needed"
    assert refused.json()["candidates"] == [second["id"]]
    assert (wrong.status_code, gone.status_code, last.status_code) == (404, 204, 204)
    assert again.json()["code"] == "contact-not-found"
    assert [(one["value"], one["primary"]) for one in await contacts_of(api, made)] == [
        ("b@x.org", True)
    ]


async def test_secondary_contacts_wait_for_their_switch(api: Api) -> None:
    assert (await api.switch("capture-multiple-contacts", False)).status_code == 200
    two = await api.post("customers", a_customer(contacts=[an_email("a@x"), an_email("b@x")]))
    made = await api.create(contacts=[an_email("a@x.org"), a_phone()])
    second = await api.post(f"customers/{made['id']}/contacts", an_email("b@x.org"))

    for response in (two, second):
        assert (response.status_code, response.json()["code"]) == (409, "feature-off")
        assert response.json()["feature"] == "capture-multiple-contacts"
    await api.switch("capture-multiple-contacts", True)
    assert (
        await api.post(f"customers/{made['id']}/contacts", an_email("b@x.org"))
    ).status_code == 201


async def test_a_customer_has_at_most_fifty_contacts(api: Api) -> None:
    made = await api.create(contacts=[an_email(f"k{n}@x.org") for n in range(50)])
    response = await api.post(f"customers/{made['id']}/contacts", a_phone())

    assert (response.status_code, response.json()["code"]) == (409, "too-many-contacts")
