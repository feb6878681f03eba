"""What a person asked to be forgotten is gone everywhere, and a certificate says so."""

from hashlib import sha256
from typing import Any

from local.folder import Folder
from shared.core.canonical import canonical
from tests.api import ADMINISTRATOR, Api, an_email
from tests.consent.scenes import checked, decide, ledger
from tests.privacy.scenes import MARKERS, erase, everywhere, files_with, leftovers
from tests.waiting import eventually


async def test_nothing_of_the_person_is_left_in_the_store(api: Api) -> None:
    customer = await everywhere(api)
    before = await leftovers(api, lambda text: MARKERS["first"].encode() in text)
    erasure = await erase(api, customer)
    words = [word.encode() for word in MARKERS.values()]
    after = await leftovers(api, lambda text: any(word in text for word in words))

    assert len(before) > 10
    assert after == []
    stub = (await api.get(f"customers/{customer['id']}")).json()
    assert (stub["status"], stub["accountNumber"]) == ("Erased", customer["accountNumber"])
    assert (stub["firstName"], stub["contacts"], stub["externalIds"]) == (None, [], {})
    assert [step["state"] for step in erasure["steps"]] == ["Done"] * 11


async def test_nor_in_a_file_of_the_folder(api: Api, folder: Folder) -> None:
    customer = await everywhere(api)
    words = list(MARKERS.values())
    before = files_with(folder.path, words)
    await erase(api, customer)
    if not (folder.path / "libro.db").exists():
        before = ["the store lies elsewhere"]

    async def nothing_is_left() -> bool:
        return files_with(folder.path, words) == []

    assert before
    await eventually(20, nothing_is_left, pause=0.2)


async def test_the_certificate_says_what_was_done_and_can_be_checked(api: Api) -> None:
    customer = await everywhere(api)
    erasure = await erase(api, customer)
    certificate = dict(erasure["certificate"])
    sealed = certificate.pop("hash")

    assert sha256(canonical(certificate)).hexdigest() == sealed
    assert certificate["found"] == 0
    assert [kept["what"] for kept in certificate["kept"]] == [
        "stub", "ledger", "suppressions", "certificate",
    ]  # fmt: skip
    assert certificate["expires"]
    assert erasure["reason"] is None


async def test_the_ledger_stays_without_the_person_and_verifies(api: Api) -> None:
    customer = await everywhere(api)
    erasure = await erase(api, customer)
    entries = await ledger(api, customer)
    path = f"customers/{customer['id']}/consents/verification"
    verification = (await api.get(path)).json()

    assert all(entry["personal"] is None for entry in entries)
    assert verification["valid"]
    assert verification["redacted"] == verification["entries"] == len(entries)
    assert verification["head"] == erasure["certificate"]["ledgerHead"]


async def test_the_address_stays_withdrawn_for_who_comes_later(api: Api) -> None:
    customer = await everywhere(api)
    await erase(api, customer)
    [check] = await checked(api, MARKERS["email"])
    body = {"kind": "email", "value": MARKERS["email"]}
    suppressed = (await api.post("contact-point-lookups", body)).json()
    newcomer = await api.create(
        firstName="Zoe", contacts=[an_email(MARKERS["email"], marketingConsent="OptedIn")]
    )

    assert (check["allowed"], check["reason"]) == (False, "opted-out")
    assert (suppressed["suppressed"], suppressed["holders"]["items"]) == (True, [])
    assert newcomer["contacts"][0]["marketingConsent"] == "OptedOut"


async def test_what_others_have_too_keeps_its_decision(api: Api) -> None:
    customer = await everywhere(api)
    twin = await api.create(firstName="Twin", contacts=[an_email(MARKERS["email"])])
    await decide(api, twin, evidence={"textVersion": "1", "reference": "x"})
    await eventually(20, lambda: _holders(api, 2))
    await erase(api, customer)

    [check] = await checked(api, MARKERS["email"])
    assert check["reason"] == "opted-in"
    await eventually(10, lambda: _holders(api, 1))


async def _holders(api: Api, count: int) -> bool:
    body = {"kind": "email", "value": MARKERS["email"]}
    found = (await api.post("contact-point-lookups", body)).json()
    return len(found["holders"]["items"]) == count


async def test_every_write_afterwards_is_refused_and_lists_are_empty(api: Api) -> None:
    customer = await everywhere(api)
    await erase(api, customer)
    path = f"customers/{customer['id']}"
    writes = [
        await api.call("PATCH", path, {"firstName": "New"}, if_match="*"),
        await api.post(f"{path}/contacts", an_email("new@example.com")),
        await api.post(f"{path}/addresses", {"city": "Rome"}),
        await api.post(f"{path}/restoration", bearer=ADMINISTRATOR),
        await api.post(f"{path}/consents", {"kind": "customer", "decision": "OptedOut",
                                           "purpose": "Profiling"}),
    ]  # fmt: skip
    export = await api.get(f"{path}/export", bearer=ADMINISTRATOR)
    spend = {"name": "LifetimeSpend", "label": "Spend", "dataType": "Decimal"}
    await api.put_setting("measures", "LifetimeSpend", spend)
    measured = await api.call(
        "PUT", "measures/LifetimeSpend", {"values": {customer["id"]: 5}}, bearer=ADMINISTRATOR
    )

    assert measured.json()["unknown"] == [customer["id"]], measured.text
    for response in writes:
        assert (response.status_code, response.json()["code"]) == (409, "customer-erased")
    for part in ("addresses", "contacts"):
        assert (await api.get(f"{path}/{part}")).json()["items"] == []
    assert (export.status_code, export.json()["code"]) == (410, "customer-erased")
    assert await api.names(MARKERS["first"]) == []
    again = await api.post(
        f"{path}/erasure", {"reason": "again", "immediately": True}, bearer=ADMINISTRATOR
    )
    assert (again.status_code, again.json()["state"]) == (202, "Completed")


async def test_within_some_days_it_can_be_canceled_as_if_it_was_never_asked(api: Api) -> None:
    customer = await everywhere(api)
    path = f"customers/{customer['id']}"
    before = await _record(api, path)
    requested = await api.post(f"{path}/erasure", {"reason": "r"}, bearer=ADMINISTRATOR)
    [held] = await checked(api, MARKERS["email"])
    edit = await api.call("PATCH", path, {"suffix": "Jr."}, if_match="*")
    etag = requested.headers["etag"]
    canceled = await api.call("DELETE", f"{path}/erasure", bearer=ADMINISTRATOR, if_match=etag)
    [free] = await checked(api, MARKERS["email"])
    twice = await api.call("DELETE", f"{path}/erasure", bearer=ADMINISTRATOR, if_match="*")

    assert requested.json()["state"] == "Requested"
    assert requested.json()["dueAt"] > requested.json()["requestedAt"]
    assert (held["allowed"], held["reason"]) == (False, "restricted")
    assert edit.status_code == 200, "the record is else normal"
    assert canceled.status_code == 204
    assert free["allowed"]
    assert await _record(api, path) == before | {"suffix": "Jr."}
    assert (twice.status_code, twice.json()["code"]) == (404, "no-erasure")


async def _record(api: Api, path: str) -> dict[str, Any]:
    record: dict[str, Any] = (await api.get(path)).json()
    changing = {"version", "modifiedAt", "modifiedBy"}
    return {name: value for name, value in record.items() if name not in changing}


async def test_what_keeps_the_data_is_named(api: Api) -> None:
    customer = await everywhere(api)
    path = f"customers/{customer['id']}"
    hold = {"kind": "LegalHold", "reason": "lawsuit"}
    await api.call("PUT", f"{path}/holds/lawsuit", hold, bearer=ADMINISTRATOR)
    body = {"reason": "r", "immediately": True}
    blocked = await api.post(f"{path}/erasure", body, bearer=ADMINISTRATOR)
    missing = await api.get(f"{path}/erasure", bearer=ADMINISTRATOR)
    await api.call("DELETE", f"{path}/holds/lawsuit", bearer=ADMINISTRATOR, if_match="*")
    erasure = await erase(api, customer)

    assert (blocked.status_code, blocked.json()["code"]) == (409, "erasure-blocked")
    assert [(one["code"], one["detail"]) for one in blocked.json()["blockers"]] == [
        ("hold", "lawsuit")
    ]
    assert (missing.status_code, missing.json()["code"]) == (404, "no-erasure")
    assert erasure["state"] == "Completed"
