"""Who may call what: every operation, by everyone who may not."""

import re
import time
from typing import Any

import jwt
import pytest

from functions._http.operation import OPERATIONS, Operation
from local.tokens import ALGORITHM, AUDIENCE, ISSUER, ROLES, Bearer, LocalTokens
from shared.composition import wiring
from tests.api import ADMINISTRATOR, CASHIER, COMPANY, MANAGER, Api, a_customer

pytestmark = pytest.mark.refused_at_the_door

GUARDED = sorted((one for one in OPERATIONS.values() if one.who), key=lambda one: one.name)
BODIES = {
    "create_customer": a_customer(),
    "start_import": b"{}",
    "put_company": {"name": "x", "currency": "USD", "language": "en"},
    "switch_feature": {"enabled": True},
    "add_contact": {"kind": "email", "value": "a@x.org"},
}


def path_of(operation: Operation, company: str = COMPANY) -> str:
    values = {"legalEntity": company, "collection": "stores", "key": "HOUSTON"}
    return "/api/" + re.sub(
        r"{(\w+)(:int)?}", lambda m: values.get(m[1], "1" if m[2] else "x"), operation.route
    )


def headers_of(operation: Operation) -> dict[str, Any]:
    found = {"if_match": "*"} if operation.if_match == "required" else {}
    return found | ({"content_type": operation.media_types[0]} if operation.body else {})


def body_of(operation: Operation) -> object:
    return BODIES.get(operation.name, {}) if operation.body is not None else None


def bearer_of(operation: Operation) -> Bearer:
    """Return the last of those who may call it, an employee with every permission."""
    return Bearer(operation.roles[-1], (COMPANY,), personnel_number="000160")


each = pytest.mark.parametrize("operation", GUARDED, ids=lambda one: one.name)


@each
async def test_nobody_is_let_in_without_a_token(api: Api, operation: Operation) -> None:
    for authorization in ("", "Bearer", "Bearer x", "Basic dTpw", "Bearer a.b.c"):
        response = await api.call(
            operation.method, path_of(operation), body_of(operation),
            authorization=authorization, **headers_of(operation),
        )  # fmt: skip
        assert (response.status_code, response.json()["code"]) == (401, "unauthenticated")
        assert response.headers["WWW-Authenticate"].startswith("Bearer")


@each
async def test_a_wrong_role_is_told_which_is_right(api: Api, operation: Operation) -> None:
    for role in set(ROLES) - set(operation.roles):
        bearer = Bearer(role, (COMPANY,), customer_id="x")
        response = await api.call(
            operation.method, path_of(operation), body_of(operation),
            bearer=bearer, **headers_of(operation),
        )  # fmt: skip
        assert (response.status_code, response.json()["code"]) == (403, "role-not-allowed")
        assert response.json()["requiredRoles"] == list(operation.roles)


@each
async def test_another_company_is_closed(api: Api, operation: Operation) -> None:
    for role in operation.roles:
        stranger = Bearer(role, ("DEMF",), customer_id="x")
        response = await api.call(
            operation.method, path_of(operation), body_of(operation),
            bearer=stranger, **headers_of(operation),
        )  # fmt: skip
        assert (response.status_code, response.json()["code"]) == (403, "legal-entity-not-allowed")


@each
async def test_an_unknown_company_is_not_found(api: Api, operation: Operation) -> None:
    if operation.name == "put_company":
        return
    bearer = Bearer(operation.roles[0], ("NONE",), customer_id="x")
    response = await api.call(
        operation.method, path_of(operation, "NONE"), body_of(operation),
        bearer=bearer, **headers_of(operation),
    )  # fmt: skip

    assert (response.status_code, response.json()["code"]) == (404, "legal-entity-not-found")


@pytest.mark.parametrize(
    "operation",
    [one for one in GUARDED if one.if_match == "required"],
    ids=lambda one: one.name,
)
async def test_a_change_names_the_version_that_was_read(api: Api, operation: Operation) -> None:
    bearer = bearer_of(operation)
    how = headers_of(operation) | {"if_match": ""}
    del how["if_match"]
    response = await api.call(
        operation.method, path_of(operation), body_of(operation), bearer=bearer, **how
    )

    assert (response.status_code, response.json()["code"]) == (428, "if-match-required")


@pytest.mark.parametrize(
    "operation", [one for one in GUARDED if one.takes_json], ids=lambda one: one.name
)
async def test_an_unknown_field_is_never_lost(api: Api, operation: Operation) -> None:
    body = body_of(operation)
    assert isinstance(body, dict)
    made = await api.create()
    path = path_of(operation).replace("/customers/x", f"/customers/{made['id']}")
    response = await api.call(
        operation.method, path, body | {"tpyo": 1},
        bearer=bearer_of(operation), **headers_of(operation),
    )  # fmt: skip

    assert response.status_code == 422, response.text
    assert ("/tpyo", "extra-forbidden") in {
        (error["pointer"], error["code"]) for error in response.json()["errors"]
    }


def claims(**but: object) -> dict[str, object]:
    usual = {
        "iss": ISSUER, "aud": AUDIENCE, "sub": "x", "exp": time.time() + 60,
        "roles": ["Application"], "legal_entities": [COMPANY],
    }  # fmt: skip
    return {name: value for name, value in (usual | but).items() if value is not None}


LONG_AGO = 1_600_000_000.0  # seconds since 1970


@pytest.mark.parametrize(
    "but",
    [
        {"exp": LONG_AGO}, {"exp": None}, {"aud": "other"}, {"iss": "other"},
        {"aud": None}, {"sub": None}, {"roles": None}, {"roles": []}, {"roles": ["King"]},
        {"nbf": 9e9},
        {"roles": ["Customer"], "legal_entities": [COMPANY, "DEMF"], "customer_id": "000001"},
        {"roles": ["Customer"], "legal_entities": ["*"], "customer_id": "000001"},
    ],
    ids=str,
)  # fmt: skip
async def test_a_token_that_is_not_good_is_refused(api: Api, but: dict[str, object]) -> None:
    key = api.host.folder.key("token")
    good = jwt.encode(claims(), key, ALGORITHM)
    bad = jwt.encode(claims(**but), key, ALGORITHM)

    assert (await api.get("customers", authorization=f"Bearer {good}")).status_code == 200
    assert (await api.get("customers", authorization=f"Bearer {bad}")).status_code == 401


async def test_a_token_of_another_key_or_of_none_is_refused(api: Api) -> None:
    for token in (
        jwt.encode(claims(), b"y" * 32, ALGORITHM),
        jwt.encode(claims(), "", "none"),
    ):
        assert (await api.get("customers", authorization=f"Bearer {token}")).status_code == 401


async def test_a_token_that_was_good_expires(api: Api) -> None:
    now = [LONG_AGO]
    tokens = LocalTokens(api.host.folder.key("token"), clock=lambda: now[0])
    wiring.backend().tokens = tokens
    authorization = f"Bearer {tokens.issue(Bearer('Application', (COMPANY,)), seconds=60)}"
    statuses = []
    for seconds in (0, 60, 119, 120):  # clocks may be a minute off
        now[0] = LONG_AGO + seconds
        statuses.append((await api.get("customers", authorization=authorization)).status_code)

    assert statuses == [200, 200, 200, 401]


async def test_of_several_roles_the_most_able_one_counts(api: Api) -> None:
    both = jwt.encode(
        claims(roles=["Employee", "Administrator"]), api.host.folder.key("token"), ALGORITHM
    )
    body = {"name": "Gold"}
    path = "settings/affiliations/Gold"
    made = await api.call("PUT", path, body, authorization=f"Bearer {both}")

    assert made.status_code == 201


async def test_an_employee_is_held_to_her_permission_group(api: Api) -> None:
    made = await api.post("customers", a_customer(), bearer=MANAGER)
    path = f"customers/{made.json()['id']}"
    for response, operation in [
        (await api.post("customers", a_customer(), bearer=CASHIER), 612),
        (await api.call("PATCH", path, {"title": "Dr."}, bearer=CASHIER, if_match="*"), 623),
        (await api.post(f"{path}/addresses", {}, bearer=CASHIER), 623),
        (await api.post(f"{path}/contacts", {}, bearer=CASHIER), 623),
    ]:
        problem = response.json()
        assert (response.status_code, problem["code"]) == (403, f"pos-operation-{operation}")
        assert problem["posOperation"] == operation
    assert made.status_code == 201
    assert made.json()["createdBy"] == "employee:000160"
    assert (await api.get("customers?q=karen", bearer=CASHIER)).status_code == 200
    assert (await api.get(path, bearer=CASHIER)).status_code == 200


async def test_a_worker_who_left_may_do_nothing_and_stays_on_record(api: Api) -> None:
    worker = (await api.get("settings/workers/000160")).json()
    await api.put_setting("workers", "000160", worker | {"active": False}, if_match="*")
    for response in (
        await api.post("customers", a_customer(), bearer=MANAGER),
        await api.get("customers/000001", bearer=MANAGER),
    ):
        assert (response.status_code, response.json()["code"]) == (403, "worker-inactive")
    gone = await api.call("DELETE", "settings/workers/000160", bearer=ADMINISTRATOR, if_match="*")
    assert (gone.status_code, gone.json()["code"]) == (409, "worker-kept")


async def test_settings_belong_to_head_office(api: Api) -> None:
    for bearer in (MANAGER, Bearer("Application", (COMPANY,))):
        path = "settings/affiliations/Gold"
        assert (await api.call("PUT", path, {"name": "Gold"}, bearer=bearer)).status_code == 403
    made = await api.call("PUT", path, {"name": "Gold"}, bearer=ADMINISTRATOR)

    assert made.status_code == 201
