"""Decisions about contact points: who wins, who is refused, and what every holder shows."""

from datetime import UTC, datetime
from typing import Any

import pytest

from local.tokens import Bearer
from shared.composition import wiring
from shared.consent.domain.consents import NewConsent
from shared.consent.recording.record import record_consent
from tests.api import ADMINISTRATOR, COMPANY, Api, a_phone, an_email
from tests.consent.scenes import KAREN, PROOF, checked, decide, ledger, marketing, refused


async def test_a_decision_is_recorded_shown_and_allowed(api: Api) -> None:
    karen = await api.create(contacts=[an_email(KAREN)])
    entry = await decide(api, karen, evidence=PROOF)
    one = (await api.get(f"customers/{karen['id']}/consents/1")).json()

    assert (entry["sequence"], entry["outcome"], entry["inForce"]) == (1, "InForce", True)
    assert one | {"confirmation": None} == entry
    assert await marketing(api, karen) == ["OptedIn"]
    [check] = await checked(api)
    assert (check["allowed"], check["reason"]) == (True, "opted-in")
    [contact] = (await api.get(f"customers/{karen['id']}/contacts")).json()["items"]
    assert contact["consents"] == [
        {"purpose": "Marketing", "channel": "email", "decision": "OptedIn",
         "decidedAt": entry["decidedAt"], "validUntil": None},
    ]  # fmt: skip


async def test_an_address_on_two_customers_has_one_decision(api: Api) -> None:
    karen, twin = [await api.create(contacts=[an_email(KAREN)]) for _ in range(2)]
    await decide(api, karen, decision="OptedOut")
    status, problem = await refused(api, twin)
    [check] = await checked(api)

    assert (status, problem["code"]) == (409, "consent-withdrawn")
    assert problem["decidedAt"] == check["decidedAt"]
    assert (check["allowed"], check["reason"]) == (False, "opted-out")


async def test_a_changed_value_is_another_point(api: Api) -> None:
    karen = await api.create(contacts=[an_email(KAREN, marketingConsent="OptedIn")])
    path = f"customers/{karen['id']}/contacts/1"
    await api.call("PATCH", path, {"value": "new@example.com"}, if_match="*")
    moved = await marketing(api, karen)
    await api.call("PATCH", path, {"value": "KAREN@example.com"}, if_match="*")

    assert moved == [None], "nothing travels"
    assert await marketing(api, karen) == ["OptedIn"]
    assert [one["reason"] for one in await checked(api, KAREN, "new@example.com")] == [
        "opted-in", "unknown",
    ]  # fmt: skip


async def test_a_contact_that_is_removed_and_added_shows_the_old_withdrawal(api: Api) -> None:
    karen = await api.create(contacts=[an_email(KAREN)])
    await decide(api, karen, decision="OptedOut")
    path = f"customers/{karen['id']}/contacts"
    await api.call("DELETE", f"{path}/1", if_match="*")
    added = (await api.post(path, an_email(KAREN, marketingConsent="OptedIn"))).json()

    assert added["marketingConsent"] == "OptedOut"
    newest, oldest = await ledger(api, karen)
    assert (newest["outcome"], newest["inForce"]) == ("NotInForce", False)
    assert (oldest["decision"], oldest["outcome"]) == ("OptedOut", "InForce")


async def test_an_import_never_undoes_a_withdrawal(api: Api) -> None:
    karen = await api.create(contacts=[an_email(KAREN)])
    withdrawal = await decide(api, karen, decision="OptedOut")
    twin = await api.create(contacts=[an_email(KAREN, marketingConsent="OptedIn")])

    assert [one["marketingConsent"] for one in twin["contacts"]] == ["OptedOut"]
    newest, oldest = await ledger(api, twin)
    assert (newest["outcome"], newest["inherited"]) == ("NotInForce", False)
    assert (oldest["decision"], oldest["inherited"]) == ("OptedOut", True)
    assert oldest["decidedAt"] == withdrawal["decidedAt"]
    assert oldest["personal"]["origin"] == karen["id"]
    assert (await checked(api))[0]["allowed"] is False


async def test_proof_opts_in_again_and_an_older_decision_is_superseded(api: Api) -> None:
    karen = await api.create(contacts=[an_email(KAREN)])
    await decide(api, karen, decision="OptedOut")
    again = await decide(api, karen, evidence=PROOF)
    older = await decide(api, karen, decision="OptedOut", decidedAt="2020-05-01T10:00:00Z")

    assert (again["outcome"], older["outcome"]) == ("InForce", "Superseded")
    assert await marketing(api, karen) == ["OptedIn"]
    assert (await checked(api))[0]["allowed"] is True


async def test_a_decision_for_one_channel_leaves_the_others(api: Api) -> None:
    karen = await api.create(contacts=[a_phone("+1 206 555 0147", marketingConsent="OptedIn")])
    await decide(api, karen, channel="sms", decision="OptedOut")
    phone = [{"kind": "phone", "value": "+12065550147"}]
    by_channel = {
        channel: (await checked(api, channel=channel, contactPoints=phone))[0]["allowed"]
        for channel in ("call", "sms", "messaging")
    }
    [whole] = await checked(api, contactPoints=phone)

    assert by_channel == {"call": True, "sms": False, "messaging": True}
    assert (whole["allowed"], whole["reason"]) == (False, "opted-out")
    assert await marketing(api, karen) == ["OptedOut"], "if any channel is"


async def test_a_withdrawal_passes_where_nothing_else_does(api: Api) -> None:
    karen = await api.create(contacts=[an_email(KAREN, marketingConsent="OptedIn")])
    await api.call("DELETE", f"customers/{karen['id']}", if_match="*")
    status, problem = await refused(api, karen, evidence=PROOF)
    withdrawn = await decide(api, karen, decision="OptedOut")

    assert (status, problem["code"]) == (409, "customer-inactive")
    assert withdrawn["outcome"] == "InForce"
    assert (await checked(api))[0]["allowed"] is False


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"purpose": "Unheard"}, 422, "purpose-unknown"),
        ({"channel": "sms"}, 422, "channel-unknown"),
        ({"purpose": "Profiling"}, 422, "channel-unknown"),
        ({"decidedAt": "2999-01-01T00:00:00Z"}, 422, "decided-in-the-future"),
        ({"contactId": "99"}, 404, "contact-not-found"),
        ({"contactId": None, "kind": "email", "value": "no@x.org"}, 404, "contact-not-found"),
        ({"contactId": "2"}, 422, "no-consent-for-kind"),
        ({"contactId": None}, 422, "value-error"),
        ({"decision": None}, 422, "literal-error"),
    ],
)
async def test_what_is_wrong_is_refused_and_changes_nothing(
    api: Api, body: dict[str, Any], status: int, code: str
) -> None:
    url = {"kind": "url", "value": "https://karen.example"}
    karen = await api.create(contacts=[an_email(KAREN), url])
    found, problem = await refused(api, karen, **body)

    codes = {problem["code"], *(flaw["code"] for flaw in problem.get("errors", []))}
    assert (found, code in codes) == (status, True), problem
    assert await ledger(api, karen) == []
    assert (await api.get(f"customers/{karen['id']}")).json()["version"] == karen["version"]


async def test_silence_is_no_withdrawal(api: Api) -> None:
    karen = await api.create(contacts=[an_email(KAREN, marketingConsent="OptedIn")])
    path = f"customers/{karen['id']}/contacts/1"
    silent = await api.call("PATCH", path, {"marketingConsent": None}, if_match="*")
    out = await api.call("PATCH", path, {"marketingConsent": "OptedOut"}, if_match="*")
    again = await api.call("PATCH", path, {"marketingConsent": None}, if_match="*")

    assert silent.json()["errors"][0]["code"] == "say-opted-out"
    assert out.json()["marketingConsent"] == "OptedOut"
    assert again.status_code == 200, "there is nothing to take back"
    assert await marketing(api, karen) == ["OptedOut"]


async def test_customers_opt_in_where_it_is_theirs_and_out_anywhere(api: Api) -> None:
    karen = await api.create(contacts=[an_email(KAREN)])
    herself = Bearer("Customer", (COMPANY,), subject="karen", customer_id=karen["id"])
    status, problem = await refused(api, karen, bearer=herself)
    path = f"customers/{karen['id']}"
    out = await api.post(f"{path}/consents", {"contactId": "1", "decision": "OptedOut"},
                         bearer=herself)  # fmt: skip
    verified = {"verifiedAt": "2026-11-01T00:00:00Z"}
    by_her = await api.call("PATCH", f"{path}/contacts/1", verified, bearer=herself, if_match="*")
    await api.call("PATCH", f"{path}/contacts/1", verified, if_match="*")
    opted_in = await api.post(f"{path}/consents", {"contactId": "1", "decision": "OptedIn"},
                              bearer=herself)  # fmt: skip

    assert (status, problem["code"]) == (403, "contact-not-verified")
    assert (out.status_code, out.json()["source"]) == (201, "Customer")
    assert out.json()["personal"]["recordedBy"] is None, "staff is not shown to customers"
    assert by_her.json()["code"] == "field-not-allowed"
    assert (opted_in.status_code, opted_in.json()["outcome"]) == (201, "InForce")
    moved = await api.call("PATCH", f"{path}/contacts/1", {"value": "b@x.org"}, if_match="*")
    assert moved.json()["verifiedAt"] is None


async def test_profiling_is_about_the_person(api: Api) -> None:
    karen = await api.create(contacts=[an_email(KAREN)])
    entry = await decide(api, karen, contactId=None, kind="customer", purpose="Profiling")

    assert (entry["kind"], entry["channel"], entry["inForce"]) == ("customer", None, True)
    assert await marketing(api, karen) == [None]


async def test_proofs_come_along_with_a_customer(api: Api) -> None:
    proofs = [
        {"decision": "OptedIn", "source": "Web", "evidence": PROOF,
         "decidedAt": "2024-03-01T09:00:00.123456Z"},
        {"decision": "OptedOut", "channel": "email", "source": "CallCenter",
         "decidedAt": "2025-03-01T09:00:00Z"},
    ]  # fmt: skip
    contact = {"kind": "email", "value": KAREN, "consents": proofs}
    karen = await api.create(contacts=[contact])
    newest, oldest = await ledger(api, karen)
    both = await api.post("customers", {
        "storeNumber": "HOUSTON", "firstName": "A",
        "contacts": [contact | {"marketingConsent": "OptedIn"}],
    })  # fmt: skip
    many = [
        {"kind": "email", "value": f"a{n}@x.org", "consents": [{"decision": "OptedOut"}] * 9}
        for n in range(5)
    ]
    too_many = await api.post(
        "customers", {"storeNumber": "HOUSTON", "firstName": "A", "contacts": many}
    )

    assert (oldest["decidedAt"], oldest["source"]) == ("2024-03-01T09:00:00.123Z", "Web")
    assert (newest["outcome"], newest["channel"]) == ("InForce", "email")
    assert await marketing(api, karen) == ["OptedOut"]
    assert both.json()["errors"][0]["code"] == "said-twice"
    assert too_many.json()["errors"][0]["code"] == "too-many-consents"


async def test_the_event_tells_of_decisions_without_values(api: Api) -> None:
    karen = await api.create(contacts=[an_email(KAREN)])
    entry = await decide(api, karen, evidence=PROOF)
    stored = await api.documents.read("customers", (karen["id"], COMPANY), f"event:{2:012d}")

    assert stored
    event = stored.body["event"]
    assert event["type"] == "customer.consented"
    assert event["data"]["ledgerHead"] == entry["hash"]
    assert event["data"]["consents"] == [{
        "sequence": 1, "kind": "email", "purpose": "Marketing", "channel": None,
        "decision": "OptedIn", "outcome": "InForce", "decidedAt": entry["decidedAt"],
        "inherited": False,
    }]  # fmt: skip


async def test_a_repeated_request_records_one_decision(api: Api) -> None:
    karen = await api.create(contacts=[an_email(KAREN)])
    now = datetime.now(UTC)
    context = wiring.backend().context(COMPANY, "application:web", now, fingerprint="k-1")
    new = NewConsent(contact_id="1", decision="OptedOut")
    first = await record_consent(karen["id"], new, context=context)
    again = await record_consent(karen["id"], new, context=context)

    assert again.entry == first.entry
    assert len(await ledger(api, karen)) == 1


async def test_reading_takes_602_or_603_and_deciding_623(api: Api) -> None:
    group = {"name": "Readers", "operations": [603]}
    await api.put_setting("permission-groups", "Readers", group)
    worker = {"personnelNumber": "000777", "name": "R", "permissionGroup": "Readers"}
    assert (await api.put_setting("workers", "000777", worker)).status_code == 201
    reader = Bearer("Employee", (COMPANY,), personnel_number="000777", store_number="HOUSTON")
    karen = await api.create(contacts=[an_email(KAREN)])

    assert await ledger(api, karen, bearer=reader) == []
    status, problem = await refused(api, karen, bearer=reader)
    assert (status, problem["code"]) == (403, "pos-operation-623")
    assert await ledger(api, karen, bearer=ADMINISTRATOR) == []
