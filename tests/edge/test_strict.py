"""What a caller sends is read as the contract says, and in no other way."""

from typing import Any

import pytest

from tests.api import ADMINISTRATOR, BASE, Api, a_customer, an_address, an_email
from tests.customers.test_imports import finished

JSON = {"content_type": "application/json"}


@pytest.mark.parametrize(
    ("method", "path", "body", "pointer"),
    [
        ("POST", "customers", {"store_number": "HOUSTON", "last_name": "Berg"}, "/store_number"),
        ("POST", "customers", a_customer(addresses=[an_address(postal_code="1")]),
         "/addresses/0/postal_code"),
        ("POST", "customers", a_customer(contacts=[an_email(marketing_consent="OptedIn")]),
         "/contacts/0/marketing_consent"),
        ("PATCH", "customers/{id}", {"first_name": "Ada"}, "/first_name"),
        ("PATCH", "parameters", {"duplicate_policy": "warn"}, "/duplicate_policy"),
        ("PATCH", "parameters", {"customerInsights": {"secret_name": "insights-USRT-a"}},
         "/customerInsights/secret_name"),
        ("PUT", "settings/address-books/NEW", {"name": "NEW", "account_number_sequence": "x"},
         "/account_number_sequence"),
    ],
)  # fmt: skip
async def test_names_in_snake_case_are_unknown(
    api: Api, method: str, path: str, body: dict[str, Any], pointer: str
) -> None:
    made = await api.create()
    bearer = ADMINISTRATOR if path.startswith(("param", "sett")) else None
    match = {} if method == "POST" or path.startswith("settings") else {"if_match": "*"}
    url = path.format(id=made["id"])
    response = await api.call(method, url, body, bearer=bearer, **match)

    assert response.status_code == 422, response.text
    assert (pointer, "extra-forbidden") in {
        (error["pointer"], error["code"]) for error in response.json()["errors"]
    }


@pytest.mark.parametrize(
    "body",
    [
        b'{"storeNumber":"HOUSTON","lastName":"Berg","lastName":"Hill"}',
        b'{"storeNumber":"HOUSTON","lastName":"Berg","last\\u004eame":"Hill"}',
        b'{"storeNumber":"HOUSTON","lastName":"Berg","externalIds":{"web":"a","web":"b"}}',
        b'{"storeNumber":"HOUSTON","lastName":"Berg","addresses":[{"city":"A","city":"B"}]}',
        b'{"lastName":1,"lastName":2}',
    ],
)
async def test_a_key_that_is_there_twice_is_refused(api: Api, body: bytes) -> None:
    response = await api.post("customers", body, **JSON)

    assert (response.status_code, response.json()["code"]) == (400, "malformed-json")
    assert "twice" in response.json()["detail"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b'{"lastName":"Berg","lastName":"Hill"}', "malformed-json"),
        (b'{"last_name":"Berg"}', "extra-forbidden"),
    ],
)
async def test_a_line_of_an_import_is_read_as_strictly(api: Api, text: bytes, code: str) -> None:
    started = await api.post(
        "imports?store=HOUSTON", text + b"\n", content_type="application/x-ndjson"
    )
    state = await finished(api, started.headers["Location"])
    [refused] = state["refusedLines"]["items"]

    assert state["created"] == 0
    assert refused["errors"][0]["code"] == code


@pytest.mark.parametrize("operation", ["customers", "imports?store=HOUSTON"])
@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip", "x"])
async def test_a_body_that_is_encoded_is_refused(api: Api, operation: str, encoding: str) -> None:
    kind = "application/x-ndjson" if operation.startswith("imports") else "application/json"
    response = await api.post(operation, b"{}", content_type=kind, content_encoding=encoding)
    plain = await api.post("customers", a_customer(), content_encoding="Identity")

    assert (response.status_code, response.json()["code"]) == (415, "unsupported-content-encoding")
    assert response.headers["Accept-Encoding"] == "identity"
    assert plain.status_code == 201


@pytest.mark.parametrize(
    "query",
    [
        "limit=1_0", "limit=%205", "limit=5%20", "limit=+5", "limit=5.0", "limit=5e0",
        "limit=%D9%A5", "limit=0x5", "limit=", "limit=true",
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["customers", "settings/stores", "dead-letters"])
async def test_a_number_in_a_query_is_digits(api: Api, path: str, query: str) -> None:
    response = await api.get(f"{path}?{query}", bearer=ADMINISTRATOR)

    assert (response.status_code, response.json()["code"]) == (400, "bad-query")
    assert response.json()["errors"][0]["pointer"] == "/limit"


@pytest.mark.parametrize("value", ["on", "1", "yes", "True", "t", " true", ""])
async def test_a_flag_in_a_query_is_true_or_false(api: Api, value: str) -> None:
    path = "customers?allowDuplicate="
    refused = await api.post(f"{path}{value}", a_customer())
    taken = await api.post(f"{path}true", a_customer())

    assert (refused.status_code, refused.json()["code"]) == (400, "bad-query")
    assert taken.status_code == 201


async def test_a_query_has_the_names_of_the_contract(api: Api) -> None:
    response = await api.post("customers?allow_duplicate=true", a_customer())

    assert (response.status_code, response.json()["code"]) == (400, "bad-query")


async def test_a_star_in_quotes_is_a_version_that_nothing_has(api: Api) -> None:
    path = f"customers/{(await api.create())['id']}"
    patched = await api.call("PATCH", path, {"firstName": "Ada"}, if_match='"*"')
    removed = await api.call("DELETE", path, if_match='"*"')
    known = await api.get(path, if_none_match='"*"')

    assert (patched.status_code, removed.status_code, known.status_code) == (412, 412, 200)
    assert known.json()["firstName"] == "Karen"


async def test_a_customer_has_one_set_of_keys_by_whatever_name(api: Api) -> None:
    made = await api.create()
    names = (made["accountNumber"], made["id"], made["id"].upper(), f"{made['accountNumber']}/")
    answers = [
        await api.post(f"customers/{name}/addresses".replace("//", "/"), an_address(),
                       idempotency_key="k")
        for name in names
    ]  # fmt: skip
    slashed = await api.post(f"{BASE}/Customers/{made['id']}/addresses/", an_address(),
                             idempotency_key="k")  # fmt: skip
    other = await api.post(f"customers/{made['id']}/contacts", an_email(), idempotency_key="k")
    nobody = await api.post("customers/999999/addresses", an_address(), idempotency_key="k")
    listed = await api.get(f"customers/{made['id']}/addresses")

    assert [answer.status_code for answer in (*answers, slashed)] == [201] * 5
    assert {answer.json()["id"] for answer in (*answers, slashed)} == {answers[0].json()["id"]}
    assert [answer.headers.get("Idempotency-Replayed") for answer in answers] == [
        None, "true", "true", "true"
    ]  # fmt: skip
    assert (other.status_code, nobody.status_code) == (201, 404)
    assert len(listed.json()["items"]) == 1


async def test_the_location_of_a_contact_is_where_it_is(api: Api) -> None:
    made = await api.create()
    added = await api.post(f"customers/{made['accountNumber']}/contacts", an_email())
    found = await api.get(added.headers["Location"])

    assert added.status_code == 201
    assert found.status_code == 200
    assert found.json() == added.json()
