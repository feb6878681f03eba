"""An import of real customers who all agree, over withdrawals that some of them made before."""

import asyncio
import json
from pathlib import Path
from typing import Any

from tests.api import Api
from tests.consent.scenes import checked, ledger
from tests.real import read

NDJSON = "application/x-ndjson"
WITHDRAWN = 500  # at most: every second one of the sample


def agreeing(customer: dict[str, Any]) -> dict[str, Any]:
    """Return the create body of a customer who agrees on every contact point, by its e-mail."""
    email = {"kind": "email", "value": customer["email"], "marketingConsent": "OptedIn"}
    return {
        "storeNumber": "HOUSTON",
        "firstName": customer["firstName"],
        "lastName": customer["lastName"],
        "contacts": [email],
    }


async def test_no_import_reverses_a_withdrawal(api: Api, real_customers: Path) -> None:
    customers = read(real_customers)
    addresses = [one["email"] for one in customers]
    withdrawn = addresses[::2][:WITHDRAWN]
    gate = asyncio.Semaphore(8)

    async def withdraw(value: str) -> None:
        async with gate:
            contact = {"kind": "email", "value": value, "marketingConsent": "OptedOut"}
            await api.create(firstName="Withdrawn", contacts=[contact])

    await asyncio.gather(*map(withdraw, withdrawn))
    lines = "\n".join(json.dumps(agreeing(one)) for one in customers).encode()
    started = (await api.post("imports", lines, content_type=NDJSON)).json()
    async with asyncio.timeout(60 + len(customers) / 5):
        while (found := (await api.get(f"imports/{started['id']}")).json())["status"] == "Running":
            await asyncio.sleep(0.5)

    assert (found["created"], found["refused"]) == (len(customers), 0)
    allowed: dict[str, bool] = {}
    for start in range(0, len(addresses), 1_000):
        some = addresses[start : start + 1_000]
        items = await checked(api, *some)
        allowed |= {item["value"]: item["allowed"] for item in items}
    assert not [value for value in withdrawn if allowed[value]], "none is reversed"
    assert all(allowed[value] for value in set(addresses) - set(withdrawn))
    [page] = [(await api.get(f"customers?q={withdrawn[0]}")).json()["items"]]
    imported = next(item for item in page if item["name"] != "Withdrawn Berg")
    newest, oldest = await ledger(api, imported)
    assert (newest["outcome"], newest["source"]) == ("NotInForce", "Import")
    assert (oldest["decision"], oldest["inherited"]) == ("OptedOut", True)
