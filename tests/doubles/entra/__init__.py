"""A tenant of Entra ID for tests: real keys, published over HTTP as in the real tenant."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa

from shared.adapters.entra import Tenant

AUDIENCE, TENANT = "6f1c-libro", "contoso"


def a_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Issuer:
    """A tenant with keys by name; while `down` it answers 500."""

    tenant: Tenant
    keys: dict[str, rsa.RSAPrivateKey] = field(default_factory=dict)
    asked: int = 0
    down: bool = False

    async def publish(self, _: web.Request) -> web.Response:
        self.asked += 1
        if self.down:
            return web.Response(status=500)
        published = []
        for name, key in self.keys.items():
            jwk = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
            published.append(jwk | {"kid": name, "use": "sig", "alg": "RS256"})
        return web.json_response({"keys": published})

    def token(self, name: str = "first", key: Any = None, **but: Any) -> str:
        now = int(time.time())
        claims = {
            "iss": self.tenant.issuer, "aud": AUDIENCE, "sub": "s-1", "oid": "o-1", "iat": now,
            "exp": now + 3600, "roles": ["Employee", "LegalEntity.USRT"],
            "extn.personnelNumber": ["000160"], "storeNumber": "HOUSTON",
        } | but  # fmt: skip
        chosen = key or self.keys[name]
        return jwt.encode(claims, chosen, "RS256", headers={"kid": name})


@asynccontextmanager
async def publishing() -> AsyncIterator[Issuer]:
    issuer = Issuer(Tenant("http://127.0.0.1:0", TENANT, AUDIENCE), {"first": a_key()})
    app = web.Application()
    app.router.add_get(f"/{TENANT}/discovery/v2.0/keys", issuer.publish)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    [address] = runner.addresses
    issuer.tenant = Tenant(f"http://127.0.0.1:{address[1]}", TENANT, AUDIENCE)
    try:
        yield issuer
    finally:
        await runner.cleanup()
