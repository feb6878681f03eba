"""The default customer of a store is configuration: head office alone changes it."""

from typing import Any

import httpx
import pytest

from local.tokens import Bearer
from tests.api import ADMINISTRATOR, APPLICATION, COMPANY, MANAGER, Api, an_address, an_email
from tests.offline.scenes import an_operation, applied, statuses


async def default_of(api: Api) -> str:
    store = (await api.get("settings/stores/HOUSTON")).json()
    assert store["defaultCustomerId"]
    return str(store["defaultCustomerId"])


async def edits(api: Api, key: str, bearer: Bearer) -> list[httpx.Response]:
    """Try every edit of the record, and of its addresses and contacts; return the answers."""
    path = f"customers/{key}"
    asked: list[tuple[str, str, Any]] = [
        ("PATCH", path, {"receiptOption": "Both"}),
        ("POST", f"{path}/addresses", an_address()),
        ("POST", f"{path}/contacts", an_email("head-office@example.com")),
    ]
    answers = [await api.call(*one, bearer=bearer, **versioned(one[0])) for one in asked]
    address, contact = (
        answers[1].json().get("id", "1"), answers[2].json().get("id", "1")
    )  # fmt: skip
    asked = [
        ("PATCH", f"{path}/addresses/{address}", {"city": "Reno"}),
        ("PATCH", f"{path}/contacts/{contact}", {"purpose": "Business"}),
        ("DELETE", f"{path}/addresses/{address}", None),
        ("DELETE", f"{path}/contacts/{contact}", None),
    ]
    return answers + [await api.call(*one, bearer=bearer, **versioned(one[0])) for one in asked]


def versioned(method: str) -> dict[str, str]:
    return {} if method == "POST" else {"if_match": "*"}


@pytest.mark.parametrize("bearer", [APPLICATION, MANAGER], ids=lambda one: one.role)
async def test_nobody_else_changes_what_new_customers_inherit(api: Api, bearer: Bearer) -> None:
    key = await default_of(api)
    before = (await api.get(f"customers/{key}")).json()
    answers = await edits(api, key, bearer)

    assert {(one.status_code, one.json()["code"]) for one in answers} == {(403, "default-customer")}
    assert (await api.get(f"customers/{key}")).json() == before


async def test_the_customer_of_that_token_does_not_either(api: Api) -> None:
    key = await default_of(api)
    answers = await edits(api, key, Bearer("Customer", (COMPANY,), customer_id=key))

    assert {(one.status_code, one.json()["code"]) for one in answers} == {(403, "default-customer")}


async def test_head_office_does(api: Api) -> None:
    key = await default_of(api)
    answers = await edits(api, key, ADMINISTRATOR)
    read = [
        (await api.get(f"customers/{key}/{part}", bearer=ADMINISTRATOR)).status_code
        for part in ("addresses", "contacts")
    ]

    assert [one.status_code for one in answers] == [200, 201, 201, 200, 200, 204, 204]
    assert read == [200, 200]
    assert (await api.create())["receiptOption"] == "Both"


async def test_of_other_customers_head_office_edits_the_record_alone(api: Api) -> None:
    made = await api.create()
    record, *parts = await edits(api, made["id"], ADMINISTRATOR)

    assert record.status_code == 200
    assert {(one.status_code, one.json()["code"]) for one in parts} == {(403, "role-not-allowed")}


async def test_a_customer_is_as_others_again_when_no_store_names_it(api: Api) -> None:
    made = await api.create()
    store = (await api.get("settings/stores/HOUSTON")).json()
    for default, expected in ((made["id"], 403), (store["defaultCustomerId"], 200)):
        put = await api.put_setting(
            "stores", "HOUSTON", store | {"defaultCustomerId": default}, if_match="*"
        )
        assert put.status_code == 200, put.text
        edit = await api.call(
            "PATCH", f"customers/{made['id']}", {"lastName": "Berg"}, if_match="*"
        )
        assert edit.status_code == expected, edit.text


async def test_a_channel_that_was_offline_does_not_change_it(api: Api) -> None:
    key = await default_of(api)
    before = (await api.get(f"customers/{key}")).json()
    session = await applied(api, an_operation("patch", key, {"receiptEmail": "evil@example.com"}))

    assert statuses(session) == ["Refused"]
    assert session["operations"]["items"][0]["problem"]["code"] == "default-customer"
    assert (await api.get(f"customers/{key}")).json() == before
