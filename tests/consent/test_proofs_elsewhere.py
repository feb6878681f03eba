"""The proofs of decisions are taken along: exported line by line, and imported elsewhere."""

import asyncio
import json
from typing import Any

import pytest

from local.tokens import Bearer
from tests.api import BASE, Api, an_email
from tests.consent.scenes import PROOF, decide, ledger

NDJSON = "application/x-ndjson"
COUNT = 12
OTHER = "DEMF"
BOSS = Bearer("Administrator", ("*",))
FIELDS = ("purpose", "channel", "decision", "source", "decidedAt")


@pytest.fixture
async def elsewhere(api: Api) -> str:
    """Return the address of another company, with a store of the same number."""
    there = BASE.replace("USRT", OTHER)
    company = {"name": "Elsewhere", "currency": "USD", "language": "en-US"}
    made = await api.call("PUT", there, company, bearer=BOSS)
    assert made.status_code == 201, made.text
    for collection in ("address-books", "customer-groups", "functionality-profiles", "stores"):
        items = (await api.get(f"settings/{collection}?limit=100", bearer=BOSS)).json()["items"]
        for item in items:
            setting = item["setting"] | (
                {"defaultCustomerId": None} if collection == "stores" else {}
            )
            path = f"{there}/settings/{collection}/{item['key']}"
            await api.call("PUT", path, setting, bearer=BOSS)
    return there


def proof_of(entry: dict[str, Any]) -> dict[str, Any]:
    """Return the decision of an entry with its proof, as a body takes it."""
    evidence = {
        "textVersion": entry["textVersion"], "locale": entry["locale"],
        "capturedBy": entry["personal"]["capturedBy"],
        "reference": entry["personal"]["reference"],
    }  # fmt: skip
    return {name: entry[name] for name in FIELDS} | {"evidence": evidence}


async def test_they_count_there_as_they_did_here(api: Api, elsewhere: str) -> None:
    lines = []
    for number in range(COUNT):
        value = f"karen{number}@example.com"
        karen = await api.create(lastName=f"Berg{number}", contacts=[an_email(value)])
        await decide(api, karen, evidence=PROOF)
        if number % 3 == 0:
            await decide(api, karen, decision="OptedOut")
        entries = reversed(await ledger(api, karen))
        contact = {"kind": "email", "value": value, "consents": [proof_of(one) for one in entries]}
        body = {"storeNumber": "HOUSTON", "lastName": f"Berg{number}", "contacts": [contact]}
        lines.append(json.dumps(body))
    started = await api.post(
        f"{elsewhere}/imports", "\n".join(lines).encode(), content_type=NDJSON, bearer=BOSS
    )
    assert started.status_code == 202, started.text
    async with asyncio.timeout(60):
        path = f"{elsewhere}/imports/{started.json()['id']}"
        while (found := (await api.get(path, bearer=BOSS)).json())["status"] == "Running":
            await asyncio.sleep(0.1)

    assert (found["created"], found["refused"]) == (COUNT, 0)
    people = (await api.get(f"{elsewhere}/customers?limit=100", bearer=BOSS)).json()["items"]
    for person in people:
        where = f"{elsewhere}/customers/{person['id']}"
        number = int(person["name"].removeprefix("Berg"))
        verification = (await api.get(f"{where}/consents/verification", bearer=BOSS)).json()
        entries = (await api.get(f"{where}/consents", bearer=BOSS)).json()["items"]
        [contact] = (await api.get(where, bearer=BOSS)).json()["contacts"]

        assert verification["valid"]
        assert verification["entries"] == len(entries) == (2 if number % 3 == 0 else 1)
        assert contact["marketingConsent"] == ("OptedOut" if number % 3 == 0 else "OptedIn")
        assert entries[-1]["personal"]["reference"] == PROOF["reference"]
