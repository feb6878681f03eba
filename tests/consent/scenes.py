"""Customers who decide, and what is asked about their contact points."""

from typing import Any

from tests.api import Api

KAREN = "karen@example.com"
PROOF = {"textVersion": "2026-01", "locale": "en-US", "reference": "form 12"}


async def decide(api: Api, customer: dict[str, Any], **body: Any) -> dict[str, Any]:
    """Record a decision about the first contact point, if none is named."""
    body = {"contactId": "1", "decision": "OptedIn"} | body
    response = await api.post(f"customers/{customer['id']}/consents", body)
    assert response.status_code == 201, response.text
    return api.read(response)


async def refused(api: Api, customer: dict[str, Any], **body: Any) -> tuple[int, dict[str, Any]]:
    bearer = body.pop("bearer", None)
    body = {"contactId": "1", "decision": "OptedIn"} | body
    response = await api.post(f"customers/{customer['id']}/consents", body, bearer=bearer)
    return response.status_code, response.json()


async def checked(api: Api, *values: str, **check: Any) -> list[dict[str, Any]]:
    points = [{"kind": "email", "value": value} for value in values or (KAREN,)]
    body = {"purpose": "Marketing", "contactPoints": points} | check
    response = await api.post("consent-checks", body)
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items


async def marketing(api: Api, customer: dict[str, Any]) -> list[str | None]:
    stored = (await api.get(f"customers/{customer['id']}")).json()
    return [contact["marketingConsent"] for contact in stored["contacts"]]


async def ledger(api: Api, customer: dict[str, Any], **how: Any) -> list[dict[str, Any]]:
    response = await api.get(f"customers/{customer['id']}/consents", **how)
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items


async def verified(api: Api, customer: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the entries of a ledger that is whole, oldest first."""
    path = f"customers/{customer['id']}/consents"
    entries: list[dict[str, Any]] = (await api.get(f"{path}?limit=100")).json()["items"]
    found = (await api.get(f"{path}/verification")).json()
    assert (found["valid"], found["entries"]) == (True, len(entries)), found
    return entries[::-1]
