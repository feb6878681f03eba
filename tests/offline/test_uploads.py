"""What a channel did offline: uploaded, applied once, stopped, decided about."""

import asyncio
import base64
import hashlib
from typing import Any
from uuid import uuid4

import pytest

from tests.api import ADMINISTRATOR, Api, a_phone, an_address, an_email
from tests.offline.scenes import (
    CONFLICTS,
    a_creation,
    an_operation,
    applied,
    conflict,
    customer,
    decide,
    done,
    edit,
    ndjson,
    send,
    statuses,
)


async def test_what_was_done_offline_is_applied_in_order(api: Api) -> None:
    key = str(uuid4())
    session = await applied(
        api,
        a_creation(key, contacts=[an_email()]),
        an_operation("patch", key, {"firstName": "Cora", "attributes": {"birthday": "1990-04-12"}}),
        an_operation("patch", key, {"firstName": "Karin"}),
        an_operation("address", key, an_address()),
        an_operation("address", key, {"addressId": "1"} | {"street": "9 Main St"})
        | {"customerId": str(uuid4())},
        an_operation("contact", key, a_phone()),
        an_operation("consent", key, {"kind": "email", "value": "KAREN@example.com",
                                      "decision": "OptedIn", "source": "POS"}),
        an_operation("note", key, {"text": "Likes red shoes", "author": "000160"}),
    )  # fmt: skip
    found = await customer(api, key)

    assert statuses(session) == ["Applied"] * 4 + ["Refused"] + ["Applied"] * 3
    assert [line["type"] for line in session["operations"]["items"]][:4] == [
        "create", "patch", "patch", "address",
    ]  # fmt: skip
    assert (session["total"], session["applied"], session["refused"]) == (8, 7, 1)
    assert (session["progress"], session["channel"]) == (1.0, "HOUSTON")
    assert (found["firstName"], found["attributes"]["birthday"]) == ("Karin", "1990-04-12")
    assert found["accountNumber"]
    assert (found["addressCount"], found["createdBy"]) == (1, "channel:HOUSTON")
    [email, phone] = found["contacts"]
    assert (email["marketingConsent"], email["consentAt"]) == ("OptedIn", "2026-11-20T10:00:00Z")
    assert phone["kind"] == "phone"


async def test_the_same_again_is_applied_once(api: Api) -> None:
    key = str(uuid4())
    operations = [
        a_creation(key),
        an_operation("address", key, an_address()),
        an_operation("contact", key, an_email()),
        an_operation("note", key, {"text": "Likes red shoes"}),
        an_operation("patch", key, {"firstName": "Carina"}),
    ]
    first = await applied(api, *operations)
    between = await customer(api, key)
    again = await applied(api, *operations)

    assert statuses(first) == ["Applied"] * 5
    assert statuses(again) == ["AlreadyApplied"] * 5
    assert await customer(api, key) == between


async def test_a_truncated_upload_is_sent_again_whole(api: Api) -> None:
    keys = [str(uuid4()) for _ in range(4)]
    whole = ndjson(*(a_creation(key) for key in keys))
    half = whole[: len(whole) * 5 // 8]
    digest = base64.b64encode(hashlib.sha256(whole).digest()).decode()

    refused = await send(api, half, digest=f"sha-256={digest}")
    broken = await done(api, (await send(api, half)).json()["id"])
    right = await send(api, whole, digest=f"sha-256={digest}")
    session = await done(api, right.json()["id"])

    assert (refused.status_code, refused.json()["code"]) == (400, "digest-mismatch")
    assert statuses(broken) == ["Applied", "Applied", "Refused"]
    assert broken["operations"]["items"][2]["problem"]["errors"][0]["code"] == "malformed-json"
    assert statuses(session) == ["AlreadyApplied"] * 2 + ["Applied"] * 2


async def test_later_ones_of_a_customer_wait_behind_one_that_stopped(api: Api) -> None:
    one, other = str(uuid4()), str(uuid4())
    bad = an_operation("patch", one, {"attributes": {"birthday": "soon"}})
    late = an_operation("patch", one, {"firstName": "Carina"})
    session = await applied(api, a_creation(one), a_creation(other), bad, late)
    later = await applied(api, an_operation("patch", one, {"lastName": "Bergman"}))
    stopped = await conflict(api, bad)
    before = await customer(api, one)
    tried = await decide(api, bad, "retry")
    mended = await decide(api, bad, "retry", body={"attributes": {"birthday": "1990-04-12"}})
    after = await customer(api, one)
    rest = await done(api, session["id"])
    second = await decide(api, bad, "discard")

    assert statuses(session) == ["Applied", "Applied", "Refused", "HeldBack"]
    assert session["operations"]["items"][3]["behind"] == bad["operationId"]
    assert statuses(later) == ["HeldBack"]
    assert (stopped["kind"], stopped["problem"]["errors"][0]["code"]) == ("refused", "wrong-type")
    assert before["firstName"] == "Karen"
    assert (tried.status_code, tried.json()["code"]) == (409, "conflict-not-settled")
    assert (mended.status_code, mended.json()["status"]) == (200, "Decided")
    assert mended.json()["decidedBy"] == "employee:000160"
    assert after["attributes"]["birthday"] == "1990-04-12"
    assert (after["firstName"], after["lastName"]) == ("Carina", "Bergman")
    assert statuses(rest) == ["Applied"] * 4
    assert (second.status_code, second.json()["code"]) == (409, "conflict-decided")


async def test_a_conflict_is_told_field_by_field_and_decided_so(api: Api) -> None:
    made = await api.create(firstName="Karen", lastName="Berg")
    await edit(api, made["id"], {"firstName": "Carina", "attributes": {"occupation": "Pilot"}})
    patch = an_operation(
        "patch", made["id"], {"firstName": "Karin", "lastName": "Bergman",
                              "attributes": {"occupation": "Nurse"}},
        baseVersion=1,
    )  # fmt: skip
    session = await applied(api, patch)
    found = await conflict(api, patch)
    before = await customer(api, made["id"])
    listed = (await api.get(CONFLICTS)).json()["items"]
    decided = await decide(api, patch, "current", fields={"attributes/occupation": "offline"})
    after = await customer(api, made["id"])

    assert statuses(session) == ["Conflict"]
    assert found["kind"] == "field-changed"
    fields = {one["field"]: one for one in found["fields"]}
    assert set(fields) == {"firstName", "attributes/occupation"}
    assert (fields["firstName"]["base"], fields["firstName"]["current"]) == ("Karen", "Carina")
    assert fields["firstName"]["offline"] == "Karin"
    assert fields["firstName"]["changedBy"] == "application:web"
    assert before["lastName"] == "Berg", "nothing of it is applied yet"
    assert [one["operationId"] for one in listed] == [patch["operationId"]]
    assert decided.status_code == 200, decided.text
    assert (after["firstName"], after["lastName"]) == ("Carina", "Bergman")
    assert after["attributes"] == {"occupation": "Nurse"}
    assert (await api.get(CONFLICTS)).json()["items"] == []
    assert len((await api.get(f"{CONFLICTS}?status=decided")).json()["items"]) == 1


async def test_who_changed_it_again_meanwhile_is_asked_about_again(api: Api) -> None:
    made = await api.create()
    await edit(api, made["id"], {"firstName": "Carina"})
    patch = an_operation("patch", made["id"], {"firstName": "Karin"}, baseVersion=1)
    await applied(api, patch)
    await edit(api, made["id"], {"firstName": "Cora"})

    stale = await decide(api, patch, "offline")
    found = await conflict(api, patch)
    settled = await decide(api, patch, "offline")

    assert (stale.status_code, stale.json()["code"]) == (409, "conflict-not-settled")
    assert found["fields"][0]["current"] == "Cora"
    assert settled.status_code == 200
    assert (await customer(api, made["id"]))["firstName"] == "Karin"


async def test_what_others_did_not_touch_is_no_conflict(api: Api) -> None:
    made = await api.create()
    await edit(api, made["id"], {"lastName": "Bergman"})
    session = await applied(
        api,
        an_operation("patch", made["id"], {"firstName": "Carina"}, baseVersion=1),
        an_operation("patch", made["id"], {"lastName": "Bergman"}, baseVersion=1),
        an_operation("patch", made["id"], {"firstName": "Cora"}, baseVersion=1),
    )

    assert statuses(session) == ["Applied"] * 3
    assert (await customer(api, made["id"]))["firstName"] == "Cora"


async def a_conflict_of(kind: str, api: Api) -> tuple[str, dict[str, Any]]:
    """Return the customer and an operation that stops at a conflict of the kind."""
    made = await api.create(
        id=str(uuid4()),
        contacts=[an_email(marketingConsent="OptedIn")],
        addresses=[an_address(), an_address()],
    )
    key = made["id"]
    change: dict[str, tuple[str, dict[str, Any]]] = {
        "address": ("addresses/1", {"street": "2 Elm St"}),
        "contact": ("contacts/1", {"purpose": "Business"}),
        "primary": ("addresses/2", {"primary": True}),
    }
    if kind in change:
        part, body = change[kind]
        await api.call("PATCH", f"customers/{key}/{part}", body, if_match="*")
    if kind == "customer-inactive":
        await api.call("DELETE", f"customers/{key}", bearer=ADMINISTRATOR, if_match="*")
    type_, offline = {
        "customer-exists": ("create", {"lastName": "Other"}),
        "customer-inactive": ("patch", {"firstName": "Carina"}),
        "already-there": (
            "contact",
            an_email("KAREN@example.com", purpose="School", marketingConsent="OptedOut"),
        ),
        "address": ("address", {"addressId": "1", "street": "3 Oak St"}),
        "contact": ("contact", {"contactId": "1", "purpose": "School"}),
        "primary": ("address", an_address(street="4 Ash St", primary=True)),
    }[kind]
    return key, an_operation(type_, key, offline, baseVersion=1)


@pytest.mark.parametrize(
    ("kind", "fields", "decisions"),
    [
        ("customer-exists", [], ["discard"]),
        ("customer-inactive", [], ["discard"]),
        ("already-there", ["contacts/1/purpose"], ["offline", "current", "discard"]),
        ("address", ["addresses/1/street"], ["offline", "current", "discard"]),
        ("contact", ["contacts/1/purpose"], ["offline", "current", "discard"]),
        ("primary", ["primaryAddress"], ["offline", "current", "discard"]),
    ],
)
async def test_every_kind_of_conflict_is_kept_for_a_person(
    api: Api, kind: str, fields: list[str], decisions: list[str]
) -> None:
    for decision in decisions:
        key, operation = await a_conflict_of(kind, api)
        before = await customer(api, key)
        session = await applied(api, operation)
        found = await conflict(api, operation)
        between = await customer(api, key)
        if decision == "discard":
            no_sides = await decide(api, operation, "offline", fields={"nothing": "current"})
            assert (no_sides.status_code, no_sides.json()["code"]) == (422, "decision-not-possible")
        decided = await decide(api, operation, decision)
        after = await customer(api, key)
        again = await applied(api, operation)

        assert statuses(session) == ["Conflict"]
        assert found["kind"] == (kind if "-" in kind else "field-changed")
        assert [one["field"] for one in found["fields"]] == fields
        assert between == before
        assert decided.status_code == 200, decided.text
        if decision == "discard":
            assert after == before
        elif decision == "offline":
            assert after["version"] > before["version"]
        assert statuses(again) == ["Discarded" if decision == "discard" else "AlreadyApplied"]


async def test_an_older_withdrawal_is_kept_and_superseded(api: Api) -> None:
    made = await api.create(contacts=[an_email()])
    proof = {"textVersion": "1", "reference": "form 12"}
    decision = {"contactId": "1", "decision": "OptedIn", "evidence": proof}
    await api.post(f"customers/{made['id']}/consents", decision)
    older = an_operation(
        "consent", made["id"], {"contactId": "1", "decision": "OptedOut"},
        at="2026-11-20T11:00:00Z", baseVersion=1,
    )  # fmt: skip
    session = await applied(api, older)
    [newest, _] = (await api.get(f"customers/{made['id']}/consents")).json()["items"]

    assert statuses(session) == ["Applied"]
    assert (newest["outcome"], newest["decidedAt"]) == ("Superseded", "2026-11-20T11:00:00.000Z")
    assert (await customer(api, made["id"]))["contacts"][0]["marketingConsent"] == "OptedIn"


async def test_a_channel_has_one_running_session(api: Api) -> None:
    many = ndjson(*(a_creation(str(uuid4())) for _ in range(60)))
    first = await send(api, many)  # which takes a while
    another = ndjson(a_creation(str(uuid4())))
    answers = [first, *await asyncio.gather(send(api, many), send(api, another))]
    sessions = {one.json()["id"] for one in answers[:2]}
    for one in answers:
        if one.status_code == 202:
            await done(api, one.json()["id"])
    other = answers[2]

    assert [one.status_code for one in answers[:2]] == [202, 202]
    assert len(sessions) == 1
    assert (other.status_code, other.json().get("code")) == (409, "upload-session-running")
    assert other.json()["sessionId"] in sessions
