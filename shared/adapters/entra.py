"""Tokens of Microsoft Entra ID, verified by the keys that it publishes.

https://learn.microsoft.com/entra/identity-platform/access-tokens: an access token of version 2 has
the tenant's issuer and the application's client id as its audience; roles are those that are
assigned to who has it. A role of ours says what one is, roles `LegalEntity.CODE` in which companies
(`LegalEntity.*` in all); personnel number, store and customer come as optional claims.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt

from shared.core.errors import Unauthenticated, Unavailable
from shared.ports.tokens import Claims

ALGORITHMS = ("RS256",)
ROLES = ("Employee", "Customer", "Application", "Administrator")
COMPANY = "LegalEntity."
FRESH = 24 * 3600.0  # seconds that keys are taken for the newest
REST = 30.0  # seconds between looks for a key that is not there
PATIENCE = 5.0  # seconds for the keys to come


class KeysUnavailable(Unavailable):
    """The keys that tokens are signed with cannot be had now."""

    code = "keys-unavailable"


@dataclass(frozen=True, slots=True)
class Tenant:
    """Who issues the tokens, and for whom."""

    authority: str
    tenant: str
    audience: str

    @property
    def issuer(self) -> str:
        return f"{self.authority}/{self.tenant}/v2.0"

    @property
    def keys_url(self) -> str:
        return f"{self.authority}/{self.tenant}/discovery/v2.0/keys"


@dataclass(slots=True)
class EntraTokens:
    tenant: Tenant
    _keys: dict[str, jwt.PyJWK] = field(default_factory=dict)
    _asked_at: float = -FRESH
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def verify(self, token: str) -> Claims:
        """Return what the token says. Raises Unauthenticated, KeysUnavailable."""
        try:
            name = str(jwt.get_unverified_header(token).get("kid"))
            key = await self._key(name)
            if key is None:
                raise Unauthenticated("The token is signed with a key that nobody publishes.")
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=list(ALGORITHMS),
                audience=self.tenant.audience,
                issuer=self.tenant.issuer,
                options={"require": ["exp", "sub", "aud", "iss"]},
            )
        except jwt.PyJWTError as exc:
            raise Unauthenticated(f"The token is not good: {exc}.") from None
        return claims_of(claims)

    async def _key(self, name: str) -> jwt.PyJWK | None:
        """Return the key of that name; keys change, so one that is not known is looked for."""
        if name not in self._keys or time.monotonic() - self._asked_at > FRESH:
            async with self._asking:
                rested = time.monotonic() - self._asked_at > REST
                if rested and (name not in self._keys or time.monotonic() - self._asked_at > FRESH):
                    await self._refresh()
        return self._keys.get(name)

    async def _refresh(self) -> None:
        import aiohttp  # noqa: PLC0415  # heavy, and needed once a day

        limit = aiohttp.ClientTimeout(total=PATIENCE)
        try:
            async with (
                aiohttp.ClientSession(timeout=limit) as session,
                session.get(self.tenant.keys_url) as response,
            ):
                response.raise_for_status()
                published = await response.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, ValueError) as exc:
            if self._keys:
                return  # those that are known are good still
            raise KeysUnavailable(f"The keys of the tenant cannot be read ({exc}).") from exc
        self._keys = {one["kid"]: jwt.PyJWK(one) for one in published["keys"] if "kid" in one}
        self._asked_at = time.monotonic()


def claims_of(claims: Mapping[str, Any]) -> Claims:
    """Return the claims as ours. Raises Unauthenticated if they name no role, or several."""
    given = [str(role) for role in claims.get("roles", ())]
    roles = [role for role in given if role in ROLES]
    if len(roles) != 1:
        raise Unauthenticated("The token names no role of this application, or more than one.")
    companies = tuple(one.removeprefix(COMPANY) for one in given if one.startswith(COMPANY))
    if roles == ["Customer"] and (len(companies) != 1 or "*" in companies):
        raise Unauthenticated("A customer belongs to one legal entity.")
    return Claims(
        subject=str(claims.get("oid") or claims["sub"]),
        role=roles[0],
        legal_entities=companies,
        personnel_number=_optional(claims, "personnelNumber"),
        store_number=_optional(claims, "storeNumber"),
        customer_id=_optional(claims, "customerId"),
        expires_at=float(claims["exp"]),
    )


def _optional(claims: Mapping[str, Any], name: str) -> str | None:
    """Return an optional claim; a directory extension comes as `extn.` and its name."""
    found = claims.get(name) or claims.get(f"extn.{name}")
    if isinstance(found, list):
        found = found[0] if found else None
    return str(found) if found else None
