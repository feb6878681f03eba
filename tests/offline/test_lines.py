"""Lines of an upload that are odd, late or no operations, and whom they stop."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from shared.composition import wiring
from shared.offline.apply import apply_operation
from shared.offline.domain.conflicts import Choice
from shared.offline.domain.uploads import OfflineOperation
from tests.api import COMPANY, Api, an_address, an_email
from tests.offline.scenes import (
    CONFLICTS,
    UPLOADS,
    a_creation,
    an_operation,
    applied,
    customer,
    decide,
    done,
    edit,
    ndjson,
    send,
    statuses,
)


async def test_offline_creation_may_be_excluded(api: Api) -> None:
    made = await api.create()
    creation = ndjson(a_creation(str(uuid4())))
    patch = an_operation("patch", made["id"], {"firstName": "Carina"}, baseVersion=1)
    await api.put_setting(
        "functionality-profiles", "Default",
        {"name": "Default", "createCustomersOffline": False}, if_match="*",
    )  # fmt: skip
    forbidden = await send(api, creation)
    allowed = await applied(api, patch)
    await api.put_setting("functionality-profiles", "Default", {"name": "Default"}, if_match="*")
    store = (await api.get("settings/stores/HOUSTON")).json()
    group = {"name": "South", "filterSharedCustomerData": True}
    await api.put_setting("channel-database-groups", "South", group)
    store = {name: one for name, one in store.items() if name != "etag"}
    await api.put_setting(
        "stores", "HOUSTON", store | {"channelDatabaseGroup": "South"}, if_match="*"
    )
    filtered = await send(api, creation)

    for response in (forbidden, filtered):
        assert (response.status_code, response.json()["code"]) == (409, "offline-creation-excluded")
    assert statuses(allowed) == ["Applied"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [(b"", 422, "invalid"), (b"\n \n", 422, "invalid")],
    ids=["empty", "blank lines"],
)
async def test_an_upload_of_nothing_is_refused(
    api: Api, body: bytes, status: int, code: str
) -> None:
    response = await send(api, body)

    assert (response.status_code, response.json()["code"]) == (status, code)


async def test_what_is_not_there_is_not_found(api: Api) -> None:
    line = ndjson(a_creation(str(uuid4())))
    nowhere = await api.post(
        "channels/NOWHERE/upload-sessions", line, content_type="application/x-ndjson"
    )
    answers = {
        "channel-not-found": nowhere,
        "upload-session-not-found": await api.get(f"{UPLOADS}/nothing"),
        "conflict-not-found": await api.get(f"{CONFLICTS}/{uuid4()}"),
    }

    for code, response in answers.items():
        assert (response.status_code, response.json()["code"]) == (404, code)


async def test_lines_that_are_no_operations_say_why_and_stop_nobody(api: Api) -> None:
    key = str(uuid4())
    session = await applied(
        api,
        a_creation(key),
        a_creation("004711"),
        an_operation("patch", key, {"firstNam": "Carina"}) | {"customerId": str(uuid4())},
        {"type": "patch", "customerId": key},
        an_operation("patch", key, {"lastName": "Bergman"}),
    )
    found = session["operations"]["items"]

    assert statuses(session) == ["Applied", "Refused", "Refused", "Refused", "Applied"]
    assert found[1]["problem"]["code"] == "customer-not-found"
    assert found[2]["problem"]["errors"][0]["pointer"] == "/body/firstNam"
    assert found[3]["operationId"] is None


@pytest.mark.parametrize(
    ("kind", "body", "but"),
    [
        ("contact", {"contactId": "1", "kind": "phone", "value": "nobody@"}, {}),
        ("consent", {"kind": "email", "value": " ", "decision": "OptedOut"}, {}),
        ("note", {"text": "Likes red shoes"}, {"at": "0001-01-01T00:00:00+01:00"}),
        ("address", {"address_id": "1", "street": "9 Elm St", "planet": "Mars"}, {}),
        ("patch", {"attributes": {"birthday": json.loads("[" * 150 + "]" * 150)}}, {}),
        ("patch", {"attributes": {"birthday": "soon"}}, {}),
    ],
)
async def test_no_line_stands_in_the_way_of_the_channel(
    api: Api, kind: str, body: dict[str, Any], but: dict[str, Any]
) -> None:
    made = await api.create(contacts=[an_email()], addresses=[an_address()])
    odd = an_operation(kind, made["id"], body, baseVersion=1, **but)
    session = await applied(api, odd, a_creation(str(uuid4())))

    assert statuses(session) == ["Refused", "Applied"]
    assert "planet" not in str(await customer(api, made["id"]))


async def test_nothing_and_naught_are_not_alike(api: Api) -> None:
    made = await api.create(attributes={"occupation": "Pilot"})
    key = made["id"]
    session = await applied(
        api,
        an_operation("patch", key, {"attributes": {"orders": 0}}, baseVersion=1),
        an_operation("patch", key, {"attributes": {"occupation": None}}, baseVersion=1),
    )
    between = await customer(api, key)
    await applied(api, an_operation("patch", key, {"attributes": None}, baseVersion=1))

    assert statuses(session) == ["Applied", "Applied"]
    assert between["attributes"] == {"orders": 0}
    assert (await customer(api, key))["attributes"] == {}


async def test_consent_counts_from_when_it_was_given(api: Api) -> None:
    key = str(uuid4())
    session = await applied(
        api,
        a_creation(key, contacts=[an_email(marketingConsent="OptedIn")]),
        an_operation("consent", key, {"contactId": "1", "decision": "OptedOut"},
                     at="2026-11-20T11:00:00Z"),
    )  # fmt: skip
    [contact] = (await customer(api, key))["contacts"]

    assert statuses(session) == ["Applied", "Applied"]
    assert (contact["marketingConsent"], contact["consentAt"]) == (
        "OptedOut",
        "2026-11-20T11:00:00Z",
    )


async def test_an_opt_in_without_proof_undoes_no_withdrawal(api: Api) -> None:
    made = await api.create(contacts=[an_email(marketingConsent="OptedOut")])
    given = an_operation(
        "consent", made["id"], {"contactId": "1", "decision": "OptedIn"}, baseVersion=1
    )
    session = await applied(api, given)
    [newest, _] = (await api.get(f"customers/{made['id']}/consents")).json()["items"]

    assert statuses(session) == ["Applied"], "no decision waits for a person"
    assert (newest["decision"], newest["outcome"]) == ("OptedIn", "NotInForce")
    assert (await customer(api, made["id"]))["contacts"][0]["marketingConsent"] == "OptedOut"


async def test_field_names_of_our_own_do_not_get_round_conflicts(api: Api) -> None:
    made = await api.create(addresses=[an_address()])
    path = f"customers/{made['id']}/addresses/1"
    await api.call("PATCH", path, {"postalCode": "77003"}, if_match="*")
    body = {"addressId": "1", "postal_code": "99999"}
    operation = an_operation("address", made["id"], body, baseVersion=1)

    assert statuses(await applied(api, operation)) == ["Refused"]
    assert (await api.get(path)).json()["postalCode"] == "77003"


async def test_what_others_made_the_primary_one_stays_so(api: Api) -> None:
    made = await api.create(addresses=[an_address(), an_address(), an_address()])
    path = f"customers/{made['id']}/addresses"
    await api.call("PATCH", f"{path}/2", {"primary": True}, if_match="*")
    operation = an_operation(
        "address", made["id"], {"addressId": "3", "primary": True, "street": "5 Elm"}, baseVersion=1
    )
    session = await applied(api, operation)
    await decide(api, operation, "current")
    third = (await api.get(f"{path}/3")).json()

    assert statuses(session) == ["Conflict"]
    assert (await customer(api, made["id"]))["primaryAddress"]["id"] == "2"
    assert (third["primary"], third["street"]) == (False, "5 Elm")


async def test_a_field_that_was_decided_is_the_channels_again(api: Api) -> None:
    made = await api.create()
    await edit(api, made["id"], {"firstName": "Web"})
    ones = [
        an_operation("patch", made["id"], {"firstName": name}, baseVersion=1)
        for name in ("One", "Two", "Three")
    ]
    session = await applied(api, *ones)
    await decide(api, ones[0], "offline")

    assert statuses(session) == ["Conflict", "HeldBack", "HeldBack"]
    assert (await customer(api, made["id"]))["firstName"] == "Three"


async def test_what_was_done_before_a_crash_is_what_is_written_down(api: Api) -> None:
    made = await api.create()
    await edit(api, made["id"], {"firstName": "Web"})
    operation = an_operation("patch", made["id"], {"firstName": "Till"}, baseVersion=1)
    await applied(api, operation)
    context = wiring.backend().context(COMPANY, "channel:HOUSTON", datetime.now(UTC))
    await apply_operation(
        OfflineOperation.model_validate(operation), "HOUSTON",
        choice=Choice(decision="discard"), context=context,
    )  # fmt: skip
    decided = await decide(api, operation, "offline")
    [result] = (await api.get(UPLOADS)).json()["items"]
    session = await done(api, result["id"])

    assert decided.json()["decision"] == "discard"
    assert statuses(session) == ["Discarded"]
    assert (await customer(api, made["id"]))["firstName"] == "Web"


async def test_one_operation_has_one_customer(api: Api) -> None:
    one, other = await api.create(), await api.create(firstName="Other")
    bad = an_operation("patch", one["id"], {"attributes": {"birthday": "soon"}}, baseVersion=1)
    session = await applied(api, bad, bad | {"customerId": other["id"]})
    problems = [line["problem"]["errors"][0]["code"] for line in session["operations"]["items"]]
    await decide(api, bad, "discard")
    later = [
        an_operation("patch", key["id"], {"firstName": "Olga"}, baseVersion=1)
        for key in (one, other)
    ]

    assert statuses(session) == ["Refused", "Refused"]
    assert sorted(problems) == ["operation-id-reused", "wrong-type"], "whoever came first"
    assert statuses(await applied(api, *later)) == ["Applied", "Applied"], "nobody is held back"


async def test_a_number_that_nobody_has_stops_nobody(api: Api) -> None:
    unknown = an_operation("patch", "99999", {"firstName": "Carina"})

    assert statuses(await applied(api, unknown)) == ["Refused"]
    assert statuses(await applied(api, unknown)) == ["Refused"]
    assert (await api.get(CONFLICTS)).json()["items"] == []


async def test_a_version_that_is_yet_to_come_is_not_believed(api: Api) -> None:
    made = await api.create()
    operation = an_operation("patch", made["id"], {"firstName": "Carina"}, baseVersion=7)

    assert statuses(await applied(api, operation)) == ["Conflict"]
