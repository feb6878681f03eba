"""Entra ID's token endpoint and the Customer Insights - Data API in one server, with faults."""

import asyncio
import atexit
import re
import secrets
import shutil
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Literal

import trustme
from aiohttp import web

from shared.adapters.insights.customer_insights import SCOPE, CustomerInsights, Endpoints
from shared.ports.insights import Connection, Secret, SecretUnreadable

TENANT = "contoso.example"
APPLICATION = "0f5b9a0e-6d1c-4a6b-9a52-2f1f7d0c4021"
ENVIRONMENT = "7d3e4b1a-58c2-4c0f-8f0e-6a9be7c14021"
ALTERNATE = "Commerce_Customers_AccountNumber"
SECRET_NAME, SECRET, RETIRED = "insights-USRT-secret", "s3cret", "s3cret-of-last-year"
SUBSCRIPTION_NAME, SUBSCRIPTION = "insights-subscription", "a-key"
MEASURES = ("LifetimeSpend", "Orders", "Favourite")
FILTER = re.compile(r"(\w+) in \((.*)\)")
MOST_ROWS = 100


class Drawer:
    """Secrets in a drawer."""

    def __init__(self) -> None:
        self.vaults = frozenset({"contoso-east"})
        self.secrets = {
            SECRET_NAME: Secret(SECRET),
            SUBSCRIPTION_NAME: Secret(SUBSCRIPTION),
        }

    async def get(self, name: str) -> Secret:
        if name not in self.secrets:
            raise SecretUnreadable(f"There is no {name} in the drawer.")
        return self.secrets[name]

    async def close(self) -> None:
        pass

    def put(self, value: str, expires_at: datetime | None = None) -> None:
        self.secrets[SECRET_NAME] = Secret(value, expires_at)


@dataclass
class Server:
    """`log` holds each request of the API as it came. `status` and `garbage` spoil answers.

    While `gate` is closed nothing is answered.
    """

    url: str = ""
    authority: str = ""
    certificates: str = ""
    customers: dict[str, dict[str, Any]] = field(default_factory=dict)
    shape: Literal["record", "list", "columns"] = "record"
    lifetime: int = 3600
    secret: str = SECRET
    subscription: str | None = None
    permitted: bool = True
    status: int = 200
    token_status: int = 200
    garbage: bool = False
    tokens: set[str] = field(default_factory=set)
    issued: int = 0
    log: list[str] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    def adapter(self, drawer: Drawer | None = None, **how: Any) -> CustomerInsights:
        name = SUBSCRIPTION_NAME if self.subscription else None
        endpoints = Endpoints(TENANT, self.authority, f"{self.url}/v1", name)
        how = {"connection_verify": self.certificates} | how
        return CustomerInsights(drawer or Drawer(), endpoints, **how)

    def revoke(self) -> None:
        self.tokens.clear()

    async def token(self, request: web.Request) -> web.Response:
        form = await request.post()
        if self.token_status != 200:
            return web.Response(status=self.token_status)
        asked = (form["grant_type"], form["client_id"], form["scope"])
        if asked != ("client_credentials", APPLICATION, SCOPE):
            return _denied("unauthorized_client", 700016)
        if form["client_secret"] != self.secret:
            expired = form["client_secret"] == RETIRED
            return _denied("invalid_client", 7000222 if expired else 7000215)
        self.issued += 1
        text = secrets.token_hex(16)
        self.tokens.add(text)
        return web.json_response({"access_token": text, "expires_in": self.lifetime})

    async def instance(self, _: web.Request) -> web.Response:
        return web.json_response({"name": "Contoso", "instanceId": ENVIRONMENT})

    async def measures(self, _: web.Request) -> web.Response:
        return web.json_response([{"name": name, "displayName": name} for name in MEASURES])

    async def rows(self, request: web.Request) -> web.Response:
        match = FILTER.fullmatch(request.query.get("$filter", ""))
        if match is None or match[1] != ALTERNATE or request.query["$expand"] != "Customer_Measure":
            return web.json_response({"error": "no such query"}, status=400)
        asked = [one.replace("''", "'") for one in re.findall(r"'((?:[^']|'')*)'", match[2])]
        known = [number for number in asked if number in self.customers]
        return web.json_response({"value": [self._row(one) for one in known[:MOST_ROWS]]})

    def _row(self, number: str) -> dict[str, Any]:
        row = {"CustomerId": f"ci-{number}", ALTERNATE: number}
        measures = self.customers[number]
        shapes: dict[str, dict[str, Any]] = {
            "record": {"Customer_Measure": measures},
            "list": {"Customer_Measure": [measures]},
            "columns": measures,
        }
        return row | shapes[self.shape]

    @web.middleware
    async def guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        await self.gate.wait()
        if not request.path.startswith("/v1/"):
            return await handler(request)  # type: ignore[no-any-return]  # a handler of ours
        self.log.append(request.path_qs)
        if status := self._refusal(request):
            return web.Response(status=status)
        if self.garbage:
            return web.Response(text="<html>")
        return await handler(request)  # type: ignore[no-any-return]  # a handler of ours

    def _refusal(self, request: web.Request) -> int | None:
        key = request.headers.get("Ocp-Apim-Subscription-Key")
        token = request.headers["Authorization"].removeprefix("Bearer ")
        if token not in self.tokens or key != self.subscription:
            return 401
        if not self.permitted:
            return 403
        return None if self.status == 200 else self.status


def _denied(error: str, code: int) -> web.Response:
    body = {"error": error, "error_description": f"AADSTS{code}: no.", "error_codes": [code]}
    return web.json_response(body, status=401)


@cache
def _with_tls() -> tuple[ssl.SSLContext, str]:
    """Return what a server needs for TLS, and the file of the authority that vouches for it."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    folder = mkdtemp()
    atexit.register(shutil.rmtree, folder)
    certificates = Path(folder, "authority.pem")
    authority.cert_pem.write_to_path(str(certificates))
    return context, str(certificates)


@asynccontextmanager
async def running(**but: Any) -> AsyncIterator[Server]:
    """Serve on a free port until the end of the block."""
    server = Server(**but)
    app = web.Application(middlewares=[server.guard])
    instance = f"/v1/instances/{ENVIRONMENT}"
    app.add_routes(
        [
            web.post(f"/{TENANT}/oauth2/v2.0/token", server.token),
            web.get(instance, server.instance),
            web.get(f"{instance}/manage/measures", server.measures),
            web.get(f"{instance}/data/Customer", server.rows),
        ]
    )
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    context, server.certificates = _with_tls()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    server.url, server.authority = (
        f"{scheme}://127.0.0.1:{address[1]}"
        for scheme, address in zip(("http", "https"), runner.addresses, strict=True)
    )
    try:
        yield server
    finally:
        server.gate.set()
        await runner.cleanup()


def a_connection(**but: Any) -> Connection:
    return Connection(
        **{
            "application_id": APPLICATION,
            "secret_name": SECRET_NAME,
            "environment_instance_id": ENVIRONMENT,
            "alternate_customer_id": ALTERNATE,
            "measures": ("LifetimeSpend", "Orders"),
        }
        | but
    )
