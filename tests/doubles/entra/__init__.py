"""A tenant of Entra ID for tests: real keys, published over HTTP as in the real tenant."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa

from shared.platform.tenants import Tenant

AUDIENCE, TENANT = "6f1c-libro", "contoso"


def a_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def published(name: str, key: rsa.RSAPrivateKey) -> dict[str, Any]:
    jwk = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return jwk | {"kid": name, "use": "sig", "alg": "RS256"}


@dataclass
class Issuer:
    """A tenant with keys by name. While `down` it answers 500, while `hangs` it never does.

    `beside` are further keys of its set, and `instead` is published in place of the set.
    """

    tenant: Tenant
    keys: dict[str, rsa.RSAPrivateKey] = field(default_factory=dict)
    asked: int = 0
    at_once: int = 0
    most_at_once: int = 0
    down: bool = False
    hangs: bool = False
    beside: tuple[Any, ...] = ()
    instead: bytes | None = None

    async def publish(self, _: web.Request) -> web.Response:
        self.asked += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return await self._answer()
        finally:
            self.at_once -= 1

    async def _answer(self) -> web.Response:
        if self.hangs:
            await asyncio.Event().wait()
        await asyncio.sleep(0)
        if self.down:
            return web.Response(status=500)
        if self.instead is not None:
            return web.Response(body=self.instead)
        own = [published(name, key) for name, key in self.keys.items()]
        return web.json_response({"keys": [*self.beside, *own]})

    def token(self, name: str = "first", key: Any = None, **but: Any) -> str:
        """Return a token of an employee; claims that are None in `but` are left out."""
        now = int(time.time())
        claims = {
            "iss": self.tenant.issuer, "aud": self.tenant.audience, "sub": "s-1", "oid": "o-1",
            "iat": now, "exp": now + 3600, "roles": ["Employee", "LegalEntity.USRT"],
            "extn.personnelNumber": ["000160"], "storeNumber": "HOUSTON",
        } | but  # fmt: skip
        return self.sign({name: one for name, one in claims.items() if one is not None}, name, key)

    def sign(self, claims: dict[str, Any], name: str = "first", key: Any = None) -> str:
        return jwt.encode(claims, key or self.keys[name], "RS256", headers={"kid": name})


@asynccontextmanager
async def publishing(**more: Any) -> AsyncIterator[Issuer]:
    """Serve the keys of a tenant; `more` is what else is known of it."""
    issuer = Issuer(_tenant("http://127.0.0.1:1", more), {"first": a_key()})
    app = web.Application()
    app.router.add_get(f"/{TENANT}/discovery/v2.0/keys", issuer.publish)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    [address] = runner.addresses
    issuer.tenant = _tenant(f"http://127.0.0.1:{address[1]}", more)
    try:
        yield issuer
    finally:
        await runner.cleanup()


def _tenant(authority: str, more: dict[str, Any]) -> Tenant:
    known: dict[str, Any] = {"authority": authority, "tenant": TENANT, "audience": AUDIENCE}
    return Tenant(**known | more)
