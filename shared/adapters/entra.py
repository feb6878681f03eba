"""Access tokens of Microsoft Entra ID, verified with the keys that it publishes.

https://learn.microsoft.com/entra/identity-platform/access-tokens: an access token of version 2 has
the tenant's issuer and the application's client id as its audience; roles are those that are
assigned to the bearer. One role of ROLES says what the bearer is, roles `LegalEntity.CODE` in which
companies (`LegalEntity.*`: in all). Personnel number, store and customer are optional claims.
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
COMPANY_ROLE = "LegalEntity."
KEYS_TTL_SECONDS = 24 * 3600.0
MIN_REFRESH_SECONDS = 30.0  # between refreshes for an unknown key
TIMEOUT_SECONDS = 5.0  # for the request of the keys


class KeysUnavailable(Unavailable):
    """The keys that verify tokens cannot be read now."""

    code = "keys-unavailable"


@dataclass(frozen=True, slots=True)
class Tenant:
    """The issuer of the tokens, and their audience."""

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
    _refreshed_at: float = -KEYS_TTL_SECONDS
    _refreshing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def verify(self, token: str) -> Claims:
        """Return the claims of the token. Raises Unauthenticated, KeysUnavailable."""
        try:
            name = str(jwt.get_unverified_header(token).get("kid"))
            key = await self._key(name)
            if key is None:
                raise Unauthenticated("The token is signed with an unknown key.")
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=list(ALGORITHMS),
                audience=self.tenant.audience,
                issuer=self.tenant.issuer,
                options={"require": ["exp", "sub", "aud", "iss"]},
            )
        except jwt.PyJWTError as exc:
            raise Unauthenticated(f"The token is not valid: {exc}.") from None
        return claims_of(claims)

    async def _key(self, name: str) -> jwt.PyJWK | None:
        """Return the key of that name. The tenant rotates keys, so an unknown one is fetched."""
        if self._needs_refresh(name):
            async with self._refreshing:
                if self._age() > MIN_REFRESH_SECONDS and self._needs_refresh(name):
                    await self._refresh()
        return self._keys.get(name)

    def _needs_refresh(self, name: str) -> bool:
        return name not in self._keys or self._age() > KEYS_TTL_SECONDS

    def _age(self) -> float:
        """Return seconds since the last refresh."""
        return time.monotonic() - self._refreshed_at

    async def _refresh(self) -> None:
        import aiohttp  # noqa: PLC0415  # heavy, and needed once a day

        limit = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=limit) as session,
                session.get(self.tenant.keys_url) as response,
            ):
                response.raise_for_status()
                published = await response.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, ValueError) as exc:
            if self._keys:
                return  # the cached keys stay valid
            raise KeysUnavailable(f"The keys of the tenant cannot be read ({exc}).") from exc
        self._keys = {key["kid"]: jwt.PyJWK(key) for key in published["keys"] if "kid" in key}
        self._refreshed_at = time.monotonic()


def claims_of(claims: Mapping[str, Any]) -> Claims:
    """Return the typed claims. Raises Unauthenticated unless they name exactly one role."""
    assigned = [str(role) for role in claims.get("roles", ())]
    roles = [role for role in assigned if role in ROLES]
    if len(roles) != 1:
        raise Unauthenticated("The token names no role of this application, or more than one.")
    companies = tuple(
        role.removeprefix(COMPANY_ROLE) for role in assigned if role.startswith(COMPANY_ROLE)
    )
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
    """Return an optional claim; a directory extension is named `extn.` and its name."""
    value = claims.get(name) or claims.get(f"extn.{name}")
    if isinstance(value, list):
        value = value[0] if value else None
    return str(value) if value else None
