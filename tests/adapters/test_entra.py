"""Tokens of Entra ID, and those that are not."""

import time
from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest

from shared.adapters.entra.tokens import EntraTokens
from shared.core.errors import Unauthenticated
from shared.platform.settings import Settings
from shared.platform.tenants import Tenant
from shared.ports.tokens import Claims
from tests.doubles.entra import AUDIENCE, TENANT, Issuer, a_key, publishing

PERSON, SYSTEM = {"idtyp": "user"}, {"idtyp": "app"}
IN_USRT = "LegalEntity.USRT"


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with publishing() as issuer:
        yield issuer


async def read(issuer: Issuer, tenant: dict[str, Any] | None = None, **claims: Any) -> Claims:
    """Return what is believed of a token with these claims, of a tenant that is known so."""
    known = issuer.tenant.model_dump() | (tenant or {})
    return await EntraTokens(Tenant(**known)).verify(issuer.token(**claims))


async def test_a_good_token_says_who_has_it(issuer: Issuer) -> None:
    claims = await read(issuer)

    assert (claims.subject, claims.role, claims.legal_entities) == ("o-1", "Employee", ("USRT",))
    assert (claims.personnel_number, claims.store_number) == ("000160", "HOUSTON")
    assert claims.expires_at > time.time()
    assert claims.till is None


@pytest.mark.parametrize(
    "but",
    [
        {"aud": "another"}, {"iss": "https://elsewhere/v2.0"}, {"exp": 1}, {"exp": None},
        {"nbf": 9e9}, {"sub": None}, {"sub": None, "oid": None},
        {"roles": []}, {"roles": ["Reader"]}, {"roles": None}, {"roles": [IN_USRT]},
        {"roles": ["Customer"]}, {"roles": ["Customer", "LegalEntity.*"]},
    ],
    ids=str,
)  # fmt: skip
async def test_a_token_that_is_not_for_us_is_refused(issuer: Issuer, but: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated):
        await read(issuer, **but)


@pytest.mark.parametrize("seconds", [-59, 59])
async def test_a_clock_may_be_a_minute_off(issuer: Issuer, seconds: int) -> None:
    now = int(time.time())
    tokens = EntraTokens(issuer.tenant, clock=lambda: float(now + seconds))
    token = issuer.token(iat=now, nbf=now, exp=now)

    assert (await tokens.verify(token)).role == "Employee"
    with pytest.raises(Unauthenticated, match="expired"):
        await EntraTokens(issuer.tenant, clock=lambda: now + 60.0).verify(token)
    with pytest.raises(Unauthenticated, match="not valid yet"):
        await EntraTokens(issuer.tenant, clock=lambda: now - 61.0).verify(token)


@pytest.mark.parametrize(
    ("roles", "kind", "role"),
    [
        (["Employee", "Administrator"], {}, "Administrator"),
        (["Customer", "Employee"], PERSON, "Employee"),
        (["Employee", "Application"], SYSTEM, "Application"),
        (["Employee", "Application"], PERSON, "Employee"),
        (["Employee", "Application"], {"scp": "access"}, "Employee"),
        (["Employee", "Application"], {"oid": "s-1"}, "Application"),
        (["Administrator"], SYSTEM, "Administrator"),
        (["Application"], {}, "Application"),
    ],
)
async def test_of_several_roles_the_most_able_that_the_bearer_can_have_counts(
    issuer: Issuer, roles: list[str], kind: dict[str, Any], role: str
) -> None:
    assert (await read(issuer, roles=[*roles, IN_USRT], **kind)).role == role


@pytest.mark.parametrize(
    ("role", "kind"),
    [
        ("Employee", SYSTEM), ("Employee", {"oid": "s-1"}), ("Customer", SYSTEM),
        ("Application", PERSON), ("Application", {"scp": "access"}),
        ("Employee", {"idtyp": "device"}),
    ],
    ids=str,
)  # fmt: skip
async def test_no_system_is_an_associate_and_no_person_a_system(
    issuer: Issuer, role: str, kind: dict[str, Any]
) -> None:
    with pytest.raises(Unauthenticated):
        await read(issuer, roles=[role, IN_USRT], **kind)


async def test_only_listed_applications_bring_tokens_where_there_is_a_list(issuer: Issuer) -> None:
    listed = {"clients": ("till-7",)}

    assert (await read(issuer, listed, azp="till-7")).role == "Employee"
    assert (await read(issuer, azp="anything")).role == "Employee"
    for azp in ({}, {"azp": "other"}, {"azp": ["till-7"]}):
        with pytest.raises(Unauthenticated):
            await read(issuer, listed, **azp)


async def test_a_till_acts_for_an_associate_and_both_are_known(issuer: Issuer) -> None:
    claims = await read(issuer, azp="till-7", scp="access")
    system = await read(issuer, azp="shop-1", roles=["Application", IN_USRT], idtyp="app")

    assert (claims.personnel_number, claims.till) == ("000160", "till-7")
    assert system.till is None, "it acts for nobody"


@pytest.mark.parametrize(
    "guest", [{"acct": 1}, {"idp": "https://sts.windows.net/other/"}, {"idp": "live.com"}], ids=str
)
async def test_guests_stay_outside_unless_they_are_let_in(
    issuer: Issuer, guest: dict[str, Any]
) -> None:
    with pytest.raises(Unauthenticated, match="Guests"):
        await read(issuer, **guest)
    assert (await read(issuer, {"guests": True}, **guest)).role == "Employee"


@pytest.mark.parametrize(
    "member", [{"acct": 0}, {"idp": f"https://sts.windows.net/{TENANT}/"}], ids=str
)
async def test_members_are_no_guests(issuer: Issuer, member: dict[str, Any]) -> None:
    assert (await read(issuer, **member)).role == "Employee"


async def test_an_audience_of_version_1_is_told_what_to_change(issuer: Issuer) -> None:
    with pytest.raises(Unauthenticated, match="requestedAccessTokenVersion"):
        await read(issuer, aud=f"api://{AUDIENCE}")


CONSUMERS = {"role": "Customer", "legal_entities": ("USRT",)}


async def test_consumers_are_customers_whatever_their_tokens_say(issuer: Issuer) -> None:
    claims = await read(
        issuer, CONSUMERS, customerId="000201", scp="shop", idp="google.com", acct=1,
        roles=["Administrator", "LegalEntity.*"],
    )  # fmt: skip

    assert (claims.role, claims.legal_entities) == ("Customer", ("USRT",))
    assert claims.customer_id == "000201"
    assert claims.personnel_number is None
    assert claims.store_number is None


async def test_a_consumer_can_be_named_by_any_claim(issuer: Issuer) -> None:
    guid = "3f0c7a52-8a4e-4d0b-9c53-0d6f5c1e9a10"
    by_oid = await read(issuer, {**CONSUMERS, "customer": "oid"}, oid=guid, roles=None)
    unnamed = await read(issuer, CONSUMERS, roles=None)

    assert by_oid.customer_id == guid
    assert unnamed.customer_id is None


@pytest.mark.parametrize("role", ["Employee", "Administrator"])
async def test_guests_stay_outside_where_the_configuration_says_the_role(
    issuer: Issuer, role: str
) -> None:
    staff = {"role": role, "legal_entities": ("USRT",)}

    assert (await read(issuer, staff, acct=0)).role == role
    assert (await read(issuer, staff | {"guests": True}, acct=1)).role == role
    for guest in ({"acct": 1}, {"idp": "live.com"}):
        with pytest.raises(Unauthenticated, match="Guests"):
            await read(issuer, staff, **guest)


async def test_an_application_of_the_consumers_tenant_is_no_customer(issuer: Issuer) -> None:
    with pytest.raises(Unauthenticated):
        await read(issuer, CONSUMERS, customerId="000201", idtyp="app")


async def test_each_issuer_has_keys_and_an_audience_of_its_own(issuer: Issuer) -> None:
    async with publishing(audience="web-shop", **CONSUMERS) as shop:
        known = (issuer.tenant, shop.tenant)
        second = Tenant(**shop.tenant.model_dump() | {"audience": "b", "legal_entities": ("FRRT",)})
        tokens = EntraTokens(*known, second)
        staff, consumer = issuer.token(), shop.token(customerId="000201")
        other = shop.token(aud="b")

        assert (await tokens.verify(staff)).role == "Employee"
        assert (await tokens.verify(consumer)).role == "Customer"
        assert (await tokens.verify(other)).legal_entities == ("FRRT",)
        assert (issuer.asked, shop.asked) == (1, 1), "one address is asked once"
        for forged in (
            shop.token(key=issuer.keys["first"]),
            shop.token(iss=issuer.tenant.issuer, aud=AUDIENCE),
            shop.token(aud=AUDIENCE),
            issuer.token(aud="web-shop"),
        ):
            with pytest.raises(Unauthenticated):
                await tokens.verify(forged)


async def test_nobody_signs_tokens_but_the_tenant(issuer: Issuer) -> None:
    tokens = EntraTokens(issuer.tenant)
    claims = jwt.decode(issuer.token(), options={"verify_signature": False})
    forged = [
        issuer.token(key=a_key()),
        jwt.encode(claims, "", "none", headers={"kid": "first"}),
        jwt.encode(claims, "k" * 64, "HS256", headers={"kid": "first"}),
        jwt.encode(claims, issuer.keys["first"], "PS256", headers={"kid": "first"}),
        issuer.token()[:-6] + "AAAAAA",
        "no.token.atall",
        "",
    ]

    for token in forged:
        with pytest.raises(Unauthenticated):
            await tokens.verify(token)


async def test_what_is_not_for_us_makes_nobody_ask_for_keys(issuer: Issuer) -> None:
    tokens = EntraTokens(issuer.tenant)
    claims = jwt.decode(issuer.token(), options={"verify_signature": False})
    for token in (
        issuer.token(iss="https://elsewhere/v2.0"),
        issuer.token(aud="another"),
        jwt.encode(claims, issuer.keys["first"], "RS256"),
        jwt.encode(claims, "k" * 64, "HS256", headers={"kid": "first"}),
    ):
        with pytest.raises(Unauthenticated):
            await tokens.verify(token)

    assert issuer.asked == 0


def test_the_environment_names_several_issuers(tmp_path: Any) -> None:
    file = tmp_path / "env"
    file.write_text(
        "ENTRA__tenantId=staff\nENTRA__audience=libro\n"
        'ENTRA__allowedClientApplications=["till-7"]\nENTRA__allowGuests=true\n'
        'ENTRA__issuers=[{"authority": "https://t.ciamlogin.com", "tenant": "t", '
        '"audience": "shop", "role": "Customer", "legalEntities": ["USRT"], "customer": "oid"}]\n'
    )
    staff, shop = Settings(_env_file=file).tenants

    assert staff.issuer == "https://login.microsoftonline.com/staff/v2.0"
    assert (staff.clients, staff.guests, staff.role) == (("till-7",), True, None)
    assert shop.keys_url == "https://t.ciamlogin.com/t/discovery/v2.0/keys"
    assert (shop.role, shop.legal_entities, shop.customer) == ("Customer", ("USRT",), "oid")


@pytest.mark.parametrize(
    "odd",
    [
        {"role": "Customer"}, {"role": "Customer", "legalEntities": ["USRT", "FRRT"]},
        {"legalEntities": ["USRT"]}, {"role": "King", "legalEntities": ["USRT"]},
        {"authority": "https://t.ciamlogin.com/"}, {"authority": "t"}, {"tpyo": 1},
        {"role": "Customer", "legalEntities": ["*"]},
    ],
    ids=str,
)  # fmt: skip
def test_an_odd_issuer_is_refused_at_the_start(odd: dict[str, Any]) -> None:
    usual = {"authority": "https://t.ciamlogin.com", "tenant": "t", "audience": "shop"}

    assert Tenant.model_validate(usual).role is None
    with pytest.raises(ValueError, match="validation error"):
        Tenant.model_validate(usual | odd)


def test_in_azure_keys_come_over_tls() -> None:
    plain = {"authority": "http://t.example", "tenant": "t", "audience": "shop"}

    with pytest.raises(ValueError, match="over https"):
        Settings.model_validate({"WEBSITE_SITE_NAME": "here", "ENTRA__issuers": [plain]})
