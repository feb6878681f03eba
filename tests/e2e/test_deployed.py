"""The app as it is deployed: everything from the environment, on first use, by real protocols."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from function_app import app
from local.host import messages as buses
from local.host.functions import read_functions
from tests.doubles import servicebus
from tests.doubles.cosmos.endpoint import Endpoint
from tests.doubles.cosmos.server import connection_string
from tests.doubles.entra import AUDIENCE, TENANT, Issuer, publishing
from tests.e2e.hosts.server import ROOT
from tests.servicebus_layout import configuration

SHOP = "web-shop"
LAYOUT = buses.layout(read_functions(app, {"COSMOS_DATABASE": "libro"}))


class Deployed:
    """A process of the app, asked one request after the other."""

    def __init__(self, issuer: Issuer, environment: dict[str, str]) -> None:
        self.issuer = issuer
        self.environment = {**os.environ, **environment}

    async def __aenter__(self) -> "Deployed":
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.e2e.hosts.deployed", cwd=ROOT, env=self.environment,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        await self.process.wait()

    async def ask(
        self, method: str, path: str, body: Any = None, *, roles: Sequence[str] = (),
        claims: Mapping[str, Any] | None = None, **headers: str,
    ) -> tuple[int, Any]:  # fmt: skip
        nobody: dict[str, Any] = {"extn.personnelNumber": None, "roles": [*roles]}
        headers["authorization"] = f"Bearer {self.issuer.token(**nobody | dict(claims or {}))}"
        headers["content-type"] = "application/json"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps([method, path, body, named]).encode() + b"\n")
        line = await self.process.stdout.readline()
        status, answer = json.loads(line)
        return status, answer


@pytest.fixture
async def deployed(cosmos_endpoint: Endpoint, tmp_path: Path) -> AsyncIterator[Deployed]:
    cosmos_endpoint.database(tmp_path.name)
    async with publishing() as issuer:
        with servicebus.serve(configuration(LAYOUT)) as broker:
            authority = issuer.tenant.issuer.removesuffix(f"/{TENANT}/v2.0")
            shop = {
                "authority": authority, "tenant": TENANT, "audience": SHOP, "role": "Customer",
                "legalEntities": ["USRT"], "customer": "oid",
            }  # fmt: skip
            environment = {
                "COSMOS": connection_string(cosmos_endpoint.url),
                "COSMOS_DATABASE": tmp_path.name,
                "SERVICEBUS": broker.connection_string,
                "PACKAGES__blobServiceUri": "https://packages.example",
                "ENTRA__authority": authority,
                "ENTRA__issuers": json.dumps([shop]),
                "ENTRA__tenantId": TENANT,
                "ENTRA__audience": AUDIENCE,
                "CURSOR_KEY": "c" * 40,
                "SUPPRESSION_KEY": "s" * 40,
                "LINK_KEY": "l" * 40,
            }
            async with Deployed(issuer, environment) as deployed:
                yield deployed


OFFICE, TILL = ("Administrator", "LegalEntity.*"), ("Application", "LegalEntity.USRT")
CONTOSO = {"name": "Contoso", "currency": "USD", "language": "en-US"}
HOUSTON = {
    "storeNumber": "HOUSTON", "name": "Houston", "currency": "USD", "language": "en-US",
    "operatingUnit": {"name": "Houston", "address": {"country": "US"}},
}  # fmt: skip


async def test_a_company_is_made_and_sells_by_tokens_of_the_tenant(deployed: Deployed) -> None:
    office, till, company = OFFICE, TILL, CONTOSO
    made = await deployed.ask("PUT", "v1/USRT", company, roles=office)
    put = await deployed.ask("PUT", "v1/USRT/settings/stores/HOUSTON", HOUSTON, roles=office)
    ready = await deployed.ask("GET", "health/ready", roles=office)
    body = {"storeNumber": "HOUSTON", "lastName": "Berg"}
    created = await deployed.ask("POST", "v1/USRT/customers", body, roles=till)
    read = await deployed.ask("GET", f"v1/USRT/customers/{created[1]['id']}", roles=till)
    elsewhere = await deployed.ask("GET", "v1/FRRT/customers", roles=till)
    below = await deployed.ask("PUT", "v1/USRT", company, roles=till, if_match="*")
    stranger = await deployed.ask("GET", "v1/USRT/customers", roles=["Reader"])

    assert (made[0], put[0], ready[0], created[0], read[0]) == (201, 201, 200, 201, 200)
    assert read[1]["accountNumber"] == "000001"
    assert read[1]["createdBy"] == "application:o-1"
    assert (elsewhere[0], elsewhere[1]["code"]) == (403, "legal-entity-not-allowed")
    assert (below[0], below[1]["code"]) == (403, "role-not-allowed")
    assert (stranger[0], stranger[1]["code"]) == (401, "unauthenticated")


async def test_a_customer_signs_in_at_an_issuer_of_consumers(deployed: Deployed) -> None:
    own_id, other = str(uuid4()), str(uuid4())
    await deployed.ask("PUT", "v1/USRT", CONTOSO, roles=OFFICE)
    await deployed.ask("PUT", "v1/USRT/settings/stores/HOUSTON", HOUSTON, roles=OFFICE)
    for guid in (own_id, other):
        body = {"storeNumber": "HOUSTON", "lastName": "Berg", "id": guid}
        assert (await deployed.ask("POST", "v1/USRT/customers", body, roles=TILL))[0] == 201
    claims = {
        "aud": SHOP,
        "oid": own_id,
        "scp": "shop",
        "roles": ["Administrator", "LegalEntity.*"],
    }
    own = await deployed.ask("GET", f"v1/USRT/customers/{own_id}", claims=claims)
    strange = await deployed.ask("GET", f"v1/USRT/customers/{other}", claims=claims)
    office = await deployed.ask("GET", "v1/USRT/settings/stores", claims=claims)
    nobody = await deployed.ask(
        "GET", f"v1/USRT/customers/{own_id}", claims=claims | {"oid": str(uuid4())}
    )

    assert (own[0], own[1]["id"]) == (200, own_id)
    assert (strange[0], strange[1]["code"]) == (403, "not-your-record")
    assert (office[0], office[1]["code"]) == (403, "role-not-allowed")
    assert (nobody[0], nobody[1]["code"]) == (403, "not-your-record")
