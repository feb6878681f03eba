"""Tokens of Entra ID, and those that are not."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest

from shared.adapters.entra import EntraTokens, KeysUnavailable
from shared.core.errors import Unauthenticated
from tests.doubles.entra import Issuer, a_key, publishing


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with publishing() as issuer:
        yield issuer


async def test_a_good_token_says_who_has_it(issuer: Issuer) -> None:
    claims = await EntraTokens(issuer.tenant).verify(issuer.token())

    assert (claims.subject, claims.role, claims.legal_entities) == ("o-1", "Employee", ("USRT",))
    assert (claims.personnel_number, claims.store_number) == ("000160", "HOUSTON")
    assert claims.expires_at > time.time()


async def test_keys_are_read_once_for_many(issuer: Issuer) -> None:
    tokens = EntraTokens(issuer.tenant)
    await asyncio.gather(*(tokens.verify(issuer.token()) for _ in range(20)))

    assert issuer.asked == 1


async def test_a_new_key_is_found_and_an_unknown_one_is_not_looked_for_all_the_time(
    issuer: Issuer,
) -> None:
    tokens = EntraTokens(issuer.tenant)
    await tokens.verify(issuer.token())
    issuer.keys["second"] = a_key()
    for _ in range(3):
        with pytest.raises(Unauthenticated, match="unknown key"):
            await tokens.verify(issuer.token("second"))
    tokens._refreshed_at -= 60
    await tokens.verify(issuer.token("second"))

    assert issuer.asked == 2


@pytest.mark.parametrize(
    "but",
    [
        {"aud": "another"}, {"iss": "https://elsewhere/v2.0"}, {"exp": 1},
        {"roles": []}, {"roles": ["Reader"]}, {"roles": ["Employee", "Administrator"]},
        {"roles": ["Customer"]}, {"roles": ["Customer", "LegalEntity.*"]},
    ],
    ids=str,
)  # fmt: skip
async def test_a_token_that_is_not_for_us_is_refused(issuer: Issuer, but: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated):
        await EntraTokens(issuer.tenant).verify(issuer.token(**but))


async def test_nobody_signs_tokens_but_the_tenant(issuer: Issuer) -> None:
    tokens = EntraTokens(issuer.tenant)
    claims = jwt.decode(issuer.token(), options={"verify_signature": False})
    forged = [
        issuer.token(key=a_key()),
        jwt.encode(claims, "", "none", headers={"kid": "first"}),
        jwt.encode(claims, "k" * 64, "HS256", headers={"kid": "first"}),
        issuer.token()[:-6] + "AAAAAA",
        "no.token.atall",
        "",
    ]

    for token in forged:
        with pytest.raises(Unauthenticated):
            await tokens.verify(token)


async def test_without_keys_nobody_is_turned_away_for_good(issuer: Issuer) -> None:
    issuer.down = True
    tokens = EntraTokens(issuer.tenant)
    with pytest.raises(KeysUnavailable):
        await tokens.verify(issuer.token())
    issuer.down = False
    await tokens.verify(issuer.token())
    issuer.down = True
    tokens._refreshed_at -= 2 * 86400

    assert (await tokens.verify(issuer.token())).role == "Employee"
