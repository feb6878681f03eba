"""What is asked: from being there to a package for a channel, and what is cleaned up."""

from typing import Any
from uuid import uuid4

import httpx

from tools.smoke.asking import Smoke, check

MARK = "Smoketest"
PENDING_SECONDS = 90.0  # a quiet app has to wake up for it
SOON = 20.0


def everything(smoke: Smoke) -> None:
    try:
        _doors(smoke)
        customer = _customer(smoke)
        if customer:
            _edits(smoke, customer)
            _consents(smoke, customer)
            _book(smoke, customer)
        _pending(smoke)
        _channel(smoke)
    finally:
        _clean_up(smoke)


def _doors(smoke: Smoke) -> None:
    for name in ("live", "ready"):
        with smoke.question(f"it is {name}"):
            answer = smoke.client.get(f"/api/health/{name}")
            check(answer.status_code == httpx.codes.OK, f"{answer.status_code} {answer.text[:200]}")
    with smoke.question("nobody gets in without a token"):
        answer = smoke.client.get(smoke.path("customers"), headers={"Authorization": ""})
        check(answer.status_code == httpx.codes.UNAUTHORIZED, f"{answer.status_code}")
    with smoke.question("another company is closed"):
        answer = smoke.client.get("/api/v1/ZZSMOKE/customers")
        check(answer.status_code == httpx.codes.FORBIDDEN, f"{answer.status_code}")
    with smoke.question("it knows who asks"):
        role = smoke.ask("GET", "me").json()["role"]
        check(role == "Application", f"the token is that of an {role}")


def _customer(smoke: Smoke) -> dict[str, Any]:
    """Create one, and find it in each way; return it, or nothing."""
    name, key = f"{MARK}{uuid4().hex[:10]}", uuid4().hex
    body = {
        "storeNumber": smoke.store, "firstName": "Karen", "lastName": name, "title": None,
        "contacts": [{"kind": "email", "value": f"{name.lower()}@example.com"}],
    }  # fmt: skip
    customer: dict[str, Any] = {}
    with smoke.question("create a customer"):
        customer.update(
            smoke.ask("POST", "customers", body, status=201, Idempotency_Key=key).json()
        )
        smoke.made.append(customer["id"])
    if not customer:
        return customer
    with smoke.question("the same request again creates none"):
        again = smoke.ask("POST", "customers", body, status=201, Idempotency_Key=key).json()
        check(again["id"] == customer["id"], f"{again['id']} is another one")
    with smoke.question("read by GUID and by account number"):
        for how in (customer["id"], customer["accountNumber"]):
            check(smoke.ask("GET", f"customers/{how}").json()["lastName"] == name, how)
    with smoke.question("search finds it"):
        smoke.until(SOON, lambda: smoke.ask("GET", f"customers?q={name}").json()["items"])
    return customer


def _edits(smoke: Smoke, customer: dict[str, Any]) -> None:
    path = f"customers/{customer['id']}"
    with smoke.question("edit it with its ETag"):
        before = smoke.ask("GET", path).headers["ETag"]
        smoke.ask("PATCH", path, {"firstName": "Carin"}, If_Match=before)
    with smoke.question("an old ETag is refused"):
        smoke.ask("PATCH", path, {"firstName": "Kim"}, status=412, If_Match=before)
    with smoke.question("a wrong body is told what is wrong"):
        problem = smoke.ask("PATCH", path, {"lastNam": "x"}, status=422, If_Match="*").json()
        check(problem["errors"], "it says no pointer")
    with smoke.question("add an address"):
        address = {"street": "1 Market Square", "city": "Houston", "country": "US"}
        smoke.ask("POST", f"{path}/addresses", address, status=201)


def _consents(smoke: Smoke, customer: dict[str, Any]) -> None:
    [contact] = customer["contacts"]
    with smoke.question("withdraw consent, and see it in the check at once"):
        decision = {"contactId": contact["id"], "decision": "OptedOut"}
        smoke.ask("POST", f"customers/{customer['id']}/consents", decision, status=201)
        point = {"kind": "email", "value": contact["value"]}
        checks = {"purpose": "Marketing", "contactPoints": [point]}
        [item] = smoke.ask("POST", "consent-checks", checks).json()["items"]
        check(item["reason"] == "opted-out", f"{item}")


def _book(smoke: Smoke, customer: dict[str, Any]) -> None:
    if smoke.administrator is None:
        smoke.left += 2
        smoke.say("left           a client book and its card: ADMIN_TOKEN would ask for them")
        return
    boss, clients = smoke.administrator, f"client-books/{smoke.worker}/clients"
    card = f"{clients}/{customer['id']}"
    with smoke.question("put it into a client book"):
        smoke.ask("POST", clients, {"customerIds": [customer["id"]]}, status=201, by=boss)
    with smoke.question("its card is there, and goes"):
        smoke.until(SOON, lambda: boss.get(smoke.path(card)).is_success)
        smoke.ask("DELETE", card, status=204, by=boss, If_Match="*")


def _pending(smoke: Smoke) -> None:
    body = {
        "storeNumber": smoke.store,
        "firstName": "Later",
        "lastName": f"{MARK}{uuid4().hex[:10]}",
    }
    with smoke.question("one created asynchronously has a number in the end"):
        answer = smoke.ask("POST", "customers", body, status=202, Prefer="respond-async")
        key = answer.json()["id"]
        smoke.made.append(key)
        read = f"customers/{key}"
        smoke.until(PENDING_SECONDS, lambda: smoke.ask("GET", read).json()["accountNumber"])


def _channel(smoke: Smoke) -> None:
    sessions = f"channels/{smoke.store}/download-sessions"
    with smoke.question("a channel sees what there is to download"):
        items = smoke.ask("GET", sessions).json()["items"]
    if smoke.administrator is None:
        smoke.left += 1
        smoke.say("left           a run and its package: ADMIN_TOKEN would start one")
        return
    with smoke.question("a run of settings brings a package"):
        known = {item["id"] for item in items}
        smoke.ask("POST", "distribution-jobs/1110/runs", {}, status=202, by=smoke.administrator)

        def newest() -> dict[str, Any] | None:
            fresh = smoke.ask("GET", sessions).json()["items"]
            return next((item for item in fresh if item["id"] not in known), None)

        found = newest() or (items and items[0]) or smoke.until(PENDING_SECONDS, newest)
        answer = smoke.client.get(smoke.path(f"{sessions}/{found['id']}/package"))
        check(answer.status_code == httpx.codes.OK and answer.content, f"{answer.status_code}")


def _clean_up(smoke: Smoke) -> None:
    with smoke.question("clean up"):
        for key in smoke.made:
            smoke.ask("DELETE", f"customers/{key}", status=204, If_Match="*")
            if smoke.administrator:
                ending = {"reason": "It was made by a smoke test.", "immediately": True}
                path = f"customers/{key}/erasure"
                smoke.ask("POST", path, ending, status=202, by=smoke.administrator)
