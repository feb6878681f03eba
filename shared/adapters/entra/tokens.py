"""Access tokens of version 2, of one tenant or several, verified with the keys they publish."""

import time
from typing import Any

from shared.adapters.entra.claims import claims_of
from shared.adapters.entra.keys import ALGORITHM, Clock, SigningKeys
from shared.core.errors import Unauthenticated
from shared.platform import jws
from shared.platform.tenants import Tenant
from shared.ports.tokens import Claims


class EntraTokens:
    """Two tenants may publish at the same address: one issuer with several audiences.

    `clock` is in seconds since 1970, `monotonic` in seconds from any start.
    """

    def __init__(
        self, *tenants: Tenant, clock: Clock = time.time, monotonic: Clock = time.monotonic
    ) -> None:
        self._tenants = tenants
        self._clock = clock
        self._keys = {
            url: SigningKeys(url, clock=monotonic) for url in {one.keys_url for one in tenants}
        }

    async def verify(self, token: str) -> Claims:
        """Return who has the token. Raises Unauthenticated, KeysUnavailable."""
        tenant, name = self._addressed(token)
        key = await self._keys[tenant.keys_url].find(name)
        if key is None:
            raise Unauthenticated("The token is signed with an unknown key.")
        return claims_of(jws.verify(token, key, ALGORITHM), tenant, self._clock())

    def _addressed(self, token: str) -> tuple[Tenant, str]:
        """Return whose token it says it is, and the name of its key. Raises Unauthenticated.

        What is not for us makes nobody ask for keys.
        """
        header, said = jws.peek(token)
        name = header.get("kid")
        if header.get("alg") != ALGORITHM or not isinstance(name, str):
            raise Unauthenticated(f"The token is not signed with a named key by {ALGORITHM}.")
        audience = said.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        for tenant in self._tenants:
            if said.get("iss") == tenant.issuer and tenant.audience in audiences:
                return tenant, name
        raise Unauthenticated(self._why(audiences))

    def _why(self, audiences: list[Any]) -> str:
        if any(f"api://{tenant.audience}" in audiences for tenant in self._tenants):
            return (
                "The token is of version 1: set requestedAccessTokenVersion to 2 "
                "in the registration of this application."
            )
        return "The token is of another issuer, or for another application."
