"""Tokens that are well signed and say odd things: 401 or an answer, and never a failure."""

import json
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any

import jwt
import pytest

from local.tokens import ALGORITHM, AUDIENCE, ISSUER, ROLES
from shared.adapters.entra.tokens import EntraTokens
from shared.composition import wiring
from shared.configuration.domain.collections import STORES
from tests.api import COMPANY, Api, a_customer
from tests.doubles import entra

pytestmark = pytest.mark.refused_at_the_door

HUGE = 10**400
TEXTS = (
    "", " ", "/", "a/b", "..", "#", "?", "\\", "*", "~-~", "\x00", "a\nb", "\x7f", "\u200b",
    "000160\u200b", "\uff10\uff10\uff10", "\u202e", "x" * 61, "x" * 300, "x" * 5000, "\u00e4" * 60,
    "\U0001f600", "None", "0", "000160", "HOUSTON", ".", COMPANY, "Employee", "Administrator",
    "LegalEntity.", "LegalEntity.*", "LegalEntity.a/b", "LegalEntity.USRT",
)  # fmt: skip
ODD: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 1.5, HUGE, float("inf"), float("nan"), 1e300, *TEXTS,
    [], [""], [None], [1], [[]], [{}], ["a", "b"], ["Employee"], ["Customer", "Employee"],
    [COMPANY, "*"], ["x" * 300], ["a/b"], {}, {"a": 1}, {"Employee": 1}, {"": ""},
)  # fmt: skip
STANDARD = ("iss", "aud", "sub", "exp", "nbf", "iat", "roles")
OF_HOST = (*STANDARD, "legal_entities", "personnel_number", "store", "customer_id", "azp")
OF_TENANT = (
    *STANDARD, "oid", "azp", "idtyp", "acct", "idp", "scp", "personnelNumber",
    "extn.personnelNumber", "storeNumber", "extn.storeNumber", "customerId",
)  # fmt: skip
CALLS: tuple[tuple[str, str, Any], ...] = (
    ("GET", "customers?q=kar&scope=local", None),
    ("GET", "customers/000001", None),
    ("GET", "customers/000001/consents", None),
    ("GET", "stores/HOUSTON/clients", None),
    ("GET", "client-books/000160", None),
    ("GET", "channels/HOUSTON/download-sessions", None),
    ("GET", "settings/workers", None),
    ("POST", "customers/000001/notes", {"text": "x"}),
    ("POST", "customers", a_customer()),
)


@pytest.fixture
async def tenant() -> AsyncIterator[entra.Issuer]:
    async with entra.publishing() as issuer:
        yield issuer


def host_claims(role: str) -> dict[str, Any]:
    return {
        "iss": ISSUER, "aud": AUDIENCE, "sub": "s", "exp": int(time.time()) + 600,
        "roles": [role], "legal_entities": [COMPANY], "personnel_number": "000160",
        "store": "HOUSTON", "customer_id": "000001",
    }  # fmt: skip


def tenant_claims(role: str, tenant: entra.Issuer) -> dict[str, Any]:
    return {
        "iss": tenant.tenant.issuer, "aud": entra.AUDIENCE, "sub": "s", "oid": "o",
        "exp": int(time.time()) + 600, "roles": [role, f"LegalEntity.{COMPANY}"],
        "extn.personnelNumber": ["000160"], "storeNumber": "HOUSTON", "customerId": "000001",
    }  # fmt: skip


def signed(said: dict[str, Any], key: Any, algorithm: str) -> str:
    """Sign claims of any type: PyJWT refuses to write what it would not read."""
    text = json.dumps(said).encode()
    return jwt.PyJWS().encode(text, key, algorithm, headers={"kid": "first"})


async def asked(api: Api, token: str, call: tuple[str, str, Any]) -> int:
    method, path, body = call
    how: dict[str, Any] = {"idempotency_key": f"k-{random.random()}"} if method == "POST" else {}
    response = await api.call(method, path, body, authorization=f"Bearer {token}", **how)
    assert response.status_code < 500, (response.text, jwt.decode(
        token, options={"verify_signature": False, "verify_aud": False, "verify_exp": False}
    ))  # fmt: skip
    if response.status_code == 401:
        assert response.json()["code"] == "unauthenticated"
    return response.status_code


def mutated(chosen: random.Random, good: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    said = dict(good)
    for name in chosen.sample(names, chosen.choice((1, 1, 1, 2, 3))):
        if chosen.random() < 0.1:
            said.pop(name, None)
        else:
            said[name] = chosen.choice(ODD)
    return said


async def test_no_claim_makes_the_host_fail(api: Api, scale: Callable[[int, int], int]) -> None:
    chosen = random.Random(4021)
    key = api.host.folder.key("token")
    statuses: Counter[int] = Counter()
    for _ in range(scale(300, 2000)):
        said = mutated(chosen, host_claims(chosen.choice(ROLES)), OF_HOST)
        statuses[await asked(api, signed(said, key, ALGORITHM), chosen.choice(CALLS))] += 1

    assert statuses[401] > sum(statuses.values()) / 3
    assert statuses[200] > 0, "what does not matter is not looked at"


async def test_no_claim_of_a_tenant_makes_the_app_fail(
    api: Api, tenant: entra.Issuer, scale: Callable[[int, int], int]
) -> None:
    chosen = random.Random(4022)
    wiring.backend().tokens = EntraTokens(tenant.tenant)
    statuses: Counter[int] = Counter()
    for _ in range(scale(300, 2000)):
        said = mutated(chosen, tenant_claims(chosen.choice(ROLES), tenant), OF_TENANT)
        token = signed(said, tenant.keys["first"], "RS256")
        statuses[await asked(api, token, chosen.choice(CALLS))] += 1

    assert statuses[401] > sum(statuses.values()) / 3
    assert statuses[200] > 0


WRONG: dict[str, tuple[Any, ...]] = {
    "roles": (None, 1, "Employee", {"Employee": 1}, [1], [None]),
    "legal_entities": (None, COMPANY, [1], ["a/b"], [""]),
    "personnel_number": ("", "..", "a/b", "x" * 500, 160, ["000160"], {"a": 1}, True),
    "store": ("..", ".", "a/b", "x" * 300, "", 1), "customer_id": ("a\nb", "", 1, []),
    "sub": (1, "", None, "a\nb"), "exp": ("9999999999", None, True, HUGE, [], float("inf")),
    "nbf": ("x", {}), "aud": (None, 1, [1], {}), "iss": (None, 1, [ISSUER]),
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in WRONG.items() for value in values]
)
async def test_a_claim_of_an_odd_shape_is_a_401(api: Api, name: str, value: Any) -> None:
    key = api.host.folder.key("token")
    good = host_claims("Employee")

    assert await asked(api, signed(good, key, ALGORITHM), CALLS[0]) == 200
    assert await asked(api, signed(good | {name: value}, key, ALGORITHM), CALLS[0]) == 401


async def test_an_employee_of_no_number_and_no_store_is_refused(api: Api) -> None:
    good, key = host_claims("Employee"), api.host.folder.key("token")
    nobody = {name: good[name] for name in good.keys() - {"personnel_number", "store"}}

    for call in CALLS:
        await asked(api, signed(nobody, key, ALGORITHM), call)
    assert await asked(api, signed(nobody, key, ALGORITHM), CALLS[3]) == 403


@pytest.mark.parametrize("step", [".", "..", "%2e", "%2E%2e", "%2e."])
async def test_a_step_of_a_path_names_nothing(api: Api, step: str) -> None:
    key = api.host.folder.key("token")
    for role, path in [
        ("Administrator", f"settings/stores/{step}"), ("Employee", f"stores/{step}/clients"),
        ("Administrator", f"client-books/{step}"), ("Administrator", f"customers/{step}"),
        ("Application", f"channels/{step}/download-sessions"),
        ("Application", f"customers?q=x&store={step}"),
    ]:  # fmt: skip
        await asked(api, signed(host_claims(role), key, ALGORITHM), ("GET", path, None))


@pytest.mark.parametrize("name", ["", "..", "a/b", "x" * 300])
async def test_a_setting_of_an_impossible_name_is_not_there(api: Api, name: str) -> None:
    assert await wiring.backend().configuration.find(COMPANY, STORES, name) is None


OF_A_TENANT: dict[str, tuple[Any, ...]] = {
    "roles": (None, 1, {"Employee": 1}, ["Employee", 1]),
    "extn.personnelNumber": ("", "a/b", "x" * 500, 160, ["000160", "000161"], [1], {"a": 1}),
    "storeNumber": ("a/b", "x" * 300), "oid": (1, [], ""), "azp": (1, ["x"], ""),
    "idtyp": (1, "device", []), "acct": (2, "1", True), "idp": (1, []), "scp": (1, []),
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in OF_A_TENANT.items() for value in values]
)
async def test_an_odd_claim_of_a_tenant_is_a_401(
    api: Api, tenant: entra.Issuer, name: str, value: Any
) -> None:
    wiring.backend().tokens = EntraTokens(tenant.tenant)
    good, key = tenant_claims("Employee", tenant), tenant.keys["first"]

    assert await asked(api, signed(good, key, "RS256"), CALLS[0]) == 200
    assert await asked(api, signed(good | {name: value}, key, "RS256"), CALLS[0]) == 401


@pytest.mark.parametrize(
    "payload",
    [b"", b"[]", b"1", b"null", b'"x"', b"{", b"\xff", b'{"sub": "\\ud800"}', b"[" * 20_000,
     b'{"exp": ' + b"9" * 5000 + b"}", b'{"a":' * 20_000],
    ids=lambda one: str(one[:12]),
)  # fmt: skip
async def test_a_payload_of_any_shape_is_a_401(
    api: Api, tenant: entra.Issuer, payload: bytes
) -> None:
    token = jwt.PyJWS().encode(payload, api.host.folder.key("token"), ALGORITHM)
    of_tenant = jwt.PyJWS().encode(payload, tenant.keys["first"], "RS256", headers={"kid": "first"})
    statuses = [await status_of(api, token)]
    wiring.backend().tokens = EntraTokens(tenant.tenant)

    assert [*statuses, await status_of(api, of_tenant)] == [401, 401]


@pytest.mark.parametrize(
    "header",
    [b"{}", b"[]", b"1", b"[" * 20_000, b'{"alg": 1}', b'{"alg": ["RS256"], "kid": "first"}',
     b'{"alg": "RS256", "kid": 1}', b'{"alg": "RS256", "kid": ""}', b'{"alg": "RS256", "kid": {}}',
     b'{"alg": "RS256", "kid": "first", "crit": ["x"]}', b'{"alg": "RS256", "b64": false}',
     b'{"alg": ' + b"9" * 5000 + b"}", b'{"alg": "HS256", "crit": 1}'],
    ids=lambda one: str(one[:40]),
)  # fmt: skip
async def test_a_header_of_any_shape_is_a_401(
    api: Api, tenant: entra.Issuer, header: bytes
) -> None:
    body = signed(tenant_claims("Employee", tenant), tenant.keys["first"], "RS256")
    token = b".".join([jwt.utils.base64url_encode(header), *body.encode().split(b".")[1:]])
    statuses = [await status_of(api, token.decode())]
    wiring.backend().tokens = EntraTokens(tenant.tenant)

    assert [*statuses, await status_of(api, token.decode())] == [401, 401]


async def status_of(api: Api, token: str) -> int:
    response = await api.get("customers", authorization=f"Bearer {token}")
    assert response.json()["code"] == "unauthenticated"
    return response.status_code


async def test_an_outage_of_the_keys_tells_an_anonymous_caller_nothing(
    api: Api, tenant: entra.Issuer
) -> None:
    tenant.down = True
    wiring.backend().tokens = EntraTokens(tenant.tenant)
    response = await api.get("customers", authorization=f"Bearer {tenant.token()}")

    assert (response.status_code, response.json()["code"]) == (503, "keys-unavailable")
    assert response.headers["Retry-After"]
    assert "127.0.0.1" not in response.text
    assert "500" not in response.text
