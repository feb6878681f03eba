"""Operations that were done offline, uploaded and decided."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import httpx

from tests.api import MANAGER, Api

UPLOADS = "channels/HOUSTON/upload-sessions"


CONFLICTS = "channels/HOUSTON/conflicts"


AT = "2026-11-20T10:00:00Z"


def an_operation(kind: str, customer: str, body: dict[str, Any], **but: Any) -> dict[str, Any]:
    return {
        "operationId": str(uuid4()),
        "type": kind,
        "customerId": customer,
        "at": AT,
        "baseVersion": 0,
        "body": body,
    } | but


def a_creation(customer: str, **but: Any) -> dict[str, Any]:
    return an_operation("create", customer, {"firstName": "Karen", "lastName": "Berg"} | but)


def ndjson(*operations: dict[str, Any]) -> bytes:
    return "\n".join(json.dumps(one) for one in operations).encode()


async def send(api: Api, body: bytes, **how: Any) -> httpx.Response:
    return await api.post(UPLOADS, body, content_type="application/x-ndjson", **how)


async def applied(api: Api, *operations: dict[str, Any]) -> dict[str, Any]:
    """Upload the operations and return the session when it is done."""
    response = await send(api, ndjson(*operations))
    assert response.status_code == 202, response.text
    return await done(api, response.json()["id"])


async def done(api: Api, session_id: str) -> dict[str, Any]:
    async with asyncio.timeout(30):
        while True:
            found = (await api.get(f"{UPLOADS}/{session_id}?limit=100")).json()
            if found["status"] == "Applied":
                session: dict[str, Any] = found
                return session
            await asyncio.sleep(0.05)


def statuses(session: dict[str, Any]) -> list[str]:
    return [one["status"] for one in session["operations"]["items"]]


async def conflict(api: Api, operation: dict[str, Any]) -> dict[str, Any]:
    response = await api.get(f"{CONFLICTS}/{operation['operationId']}")
    assert response.status_code == 200, response.text
    return Api.read(response)


async def decide(api: Api, operation: dict[str, Any], decision: str, **but: Any) -> httpx.Response:
    body = {"operationId": operation["operationId"], "decision": decision} | but
    return await api.post(CONFLICTS, body, bearer=MANAGER)


async def customer(api: Api, key: str) -> dict[str, Any]:
    return Api.read(await api.get(f"customers/{key}"))


async def edit(api: Api, key: str, body: dict[str, Any]) -> dict[str, Any]:
    response = await api.call("PATCH", f"customers/{key}", body, if_match="*")
    assert response.status_code == 200, response.text
    return Api.read(response)
