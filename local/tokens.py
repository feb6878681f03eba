"""Tokens that the local host issues and accepts, signed with a key of the data folder."""

import time
from collections import OrderedDict
from dataclasses import asdict, dataclass, replace
from typing import Any

import jwt

from shared.core.errors import Unauthenticated
from shared.ports.tokens import Claims

ISSUER = "libro-local"
AUDIENCE = "libro"
ALGORITHM = "HS256"
MAX_CACHED_TOKENS = 1_000
ROLES = ("Employee", "Customer", "Application", "Administrator")


@dataclass(frozen=True, slots=True)
class Bearer:
    """The person or application that a token is issued to."""

    role: str
    legal_entities: tuple[str, ...]
    subject: str = "local"
    personnel_number: str | None = None
    store_number: str | None = None
    customer_id: str | None = None


class LocalTokens:
    def __init__(self, key: bytes) -> None:
        self._key = key
        self._verified: OrderedDict[str, Claims] = OrderedDict()

    def issue(self, bearer: Bearer, *, seconds: int = 12 * 3600, now: float | None = None) -> str:
        issued = int(now or time.time())
        times = {"iat": issued, "exp": issued + seconds}
        standard = {"iss": ISSUER, "aud": AUDIENCE, "sub": bearer.subject, **times}
        own = {
            "roles": [bearer.role],
            "legal_entities": list(bearer.legal_entities),
            "personnel_number": bearer.personnel_number,
            "store": bearer.store_number,
            "customer_id": bearer.customer_id,
        }
        claims = standard | {name: value for name, value in own.items() if value is not None}
        return jwt.encode(claims, self._key, ALGORITHM)

    async def verify(self, token: str) -> Claims:
        """Return the claims. Raises Unauthenticated. A verified token is valid until it expires."""
        verified = self._verified.get(token)
        if verified is None:
            verified = self._verified[token] = self._decode(token)
            if len(self._verified) > MAX_CACHED_TOKENS:
                self._verified.popitem(last=False)
        if verified.expires_at <= time.time():
            raise Unauthenticated("The token has expired.")
        return verified

    def _decode(self, token: str) -> Claims:
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                options={"require": ["exp", "sub", "aud", "iss"]},
            )
        except jwt.PyJWTError as exc:
            raise Unauthenticated(f"The token is not valid: {exc}.") from None
        return claims_of(claims)


def claims_of(claims: dict[str, Any]) -> Claims:
    """Return the typed claims. Raises Unauthenticated unless they name exactly one known role."""
    roles = [role for role in claims.get("roles", ()) if role in ROLES]
    if len(roles) != 1:
        raise Unauthenticated("The token names no role, or more than one.")
    companies = claims.get("legal_entities", ())
    if roles == ["Customer"] and (len(companies) != 1 or "*" in companies):
        raise Unauthenticated("A customer belongs to one legal entity.")
    bearer = Bearer(
        role=roles[0],
        legal_entities=tuple(companies),
        subject=claims["sub"],
        personnel_number=claims.get("personnel_number"),
        store_number=claims.get("store"),
        customer_id=claims.get("customer_id"),
    )
    return replace(Claims(**asdict(bearer)), expires_at=float(claims["exp"]))
