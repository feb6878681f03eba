"""Tokens that the local host issues and accepts, signed with a key of the data folder."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import jwt

from shared.platform import jws
from shared.ports import claims
from shared.ports.tokens import Claims

ISSUER = "libro-local"
AUDIENCE = "libro"
ALGORITHM = "HS256"
MAX_CACHED_TOKENS = 1_000
ROLES = claims.ROLES

# The names of claims in a token of this host, by what they are called in a statement.
NAMES = {
    "issuer": "iss", "audience": "aud", "subject": "sub", "expires_at": "exp", "not_before": "nbf",
    "roles": "roles", "legal_entities": "legal_entities", "personnel_number": "personnel_number",
    "store_number": "store", "customer_id": "customer_id", "client": "azp",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bearer:
    """The person or application that a token is issued to; `till` is what a person acts through."""

    role: str
    legal_entities: tuple[str, ...]
    subject: str = "local"
    personnel_number: str | None = None
    store_number: str | None = None
    customer_id: str | None = None
    till: str | None = None


class LocalTokens:
    """`clock` is in seconds since 1970."""

    def __init__(self, key: bytes, *, clock: Callable[[], float] = time.time) -> None:
        self._key = key
        self._clock = clock
        self._verified: OrderedDict[str, Claims] = OrderedDict()

    def issue(self, bearer: Bearer, *, seconds: int = 12 * 3600, now: float | None = None) -> str:
        issued = int(now or self._clock())
        times = {"iat": issued, "exp": issued + seconds}
        standard = {"iss": ISSUER, "aud": AUDIENCE, "sub": bearer.subject, **times}
        own = {
            "roles": [bearer.role],
            "legal_entities": list(bearer.legal_entities),
            "personnel_number": bearer.personnel_number,
            "store": bearer.store_number,
            "customer_id": bearer.customer_id,
            "azp": bearer.till,
        }
        said = standard | {name: value for name, value in own.items() if value is not None}
        return jwt.encode(said, self._key, ALGORITHM)

    async def verify(self, token: str) -> Claims:
        """Return the claims. Raises Unauthenticated. A verified token is valid until it expires."""
        verified = self._verified.get(token)
        if verified is None:
            verified = self._verified[token] = self._read(token)
            if len(self._verified) > MAX_CACHED_TOKENS:
                self._verified.popitem(last=False)
        claims.check_expiry(verified.expires_at, self._clock())
        return verified

    def _read(self, token: str) -> Claims:
        said = jws.verify(token, self._key, ALGORITHM)
        named = {name: said[claim] for name, claim in NAMES.items() if claim in said}
        statement = claims.read(claims.Statement, named)
        claims.check(statement, issuer=ISSUER, audience=AUDIENCE, now=self._clock())
        return claims.claims_of(statement)
