"""A withdrawal is never refused, never lost, and never undone by what proves nothing."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from shared.composition import wiring
from shared.customers.creation.creation import create_customer
from shared.customers.domain.creation import NewCustomer
from shared.ports.documents import Put
from tests.api import COMPANY, Api, a_phone, an_email
from tests.consent.scenes import KAREN, checked, decide, ledger, marketing, refused


async def test_a_patch_withdraws_whatever_the_contact_shows(api: Api) -> None:
    phone = a_phone("+1 206 555 0147", marketingConsent="OptedIn")
    karen = await api.create(contacts=[phone])
    await decide(api, karen, channel="sms", decision="OptedOut")
    path = f"customers/{karen['id']}/contacts/1"
    await api.call("PATCH", path, {"marketingConsent": "OptedOut"}, if_match="*")
    points = [{"kind": "phone", "value": "+12065550147"}]
    found = [
        (await checked(api, channel=channel, contactPoints=points))[0]["allowed"]
        for channel in ("call", "sms", "messaging")
    ]

    assert found == [False, False, False], "it showed OptedOut already, for sms alone"


async def test_a_patch_that_only_withdraws_passes_on_an_inactive_record(api: Api) -> None:
    karen = await api.create(contacts=[an_email(KAREN, marketingConsent="OptedIn")])
    await api.call("DELETE", f"customers/{karen['id']}", if_match="*")
    path = f"customers/{karen['id']}/contacts/1"
    more = {"marketingConsent": "OptedOut", "purpose": "Business"}
    refused_ = await api.call("PATCH", path, more, if_match="*")
    out = await api.call("PATCH", path, {"marketingConsent": "OptedOut"}, if_match="*")

    assert refused_.json()["code"] == "customer-inactive"
    assert (out.status_code, out.json()["marketingConsent"]) == (200, "OptedOut")


async def test_an_import_is_no_witness_of_its_own_proofs(api: Api) -> None:
    karen = await api.create(contacts=[an_email(KAREN)])
    await decide(api, karen, decision="OptedOut")
    given = {"decision": "OptedIn", "source": "Web", "evidence": {"textVersion": "2026-01"}}
    line = {"firstName": "Import", "contacts": [{"kind": "email", "value": KAREN,
                                                 "consents": [given]}]}  # fmt: skip
    context = replace(
        wiring.backend().context(COMPANY, "application:web", datetime.now(UTC)), source="Import"
    )
    new = NewCustomer.model_validate(line | {"storeNumber": "HOUSTON"})
    await create_customer(new, context=context, allow_duplicate=True)

    assert (await checked(api))[0]["reason"] == "opted-out"


async def test_a_phone_without_its_area_code_stops_no_sale(api: Api) -> None:
    karen = await api.create(contacts=[a_phone("555-0199", marketingConsent="OptedIn")])

    assert await marketing(api, karen) == [None], "nobody could be asked by it"
    assert await ledger(api, karen) == []


async def test_an_older_customer_takes_the_withdrawal_along(api: Api) -> None:
    """As stored before there were points, and edited before the feed has come there."""
    karen = await api.create(contacts=[an_email("other@example.com")])
    stored = await api.documents.read("customers", (karen["id"], COMPANY), karen["id"])
    assert stored
    [contact] = stored.body["contacts"]
    older = contact | {"value": KAREN, "normal": KAREN, "marketingConsent": "OptedOut",
                       "consentAt": "2026-01-01T10:00:00Z"}  # fmt: skip
    body = stored.body | {"contacts": [older], "ledger": None}
    await api.documents.commit("customers", (karen["id"], COMPANY), [Put(body)])
    status, problem = await refused(api, karen)
    await api.call("PATCH", f"customers/{karen['id']}", {"firstName": "Carin"}, if_match="*")
    reason = ""
    async with asyncio.timeout(20):
        while reason != "opted-out":
            reason = (await checked(api))[0]["reason"]
            await asyncio.sleep(0.05)

    assert (status, problem["code"]) == (409, "consent-withdrawn")
    assert await marketing(api, karen) == ["OptedOut"]
