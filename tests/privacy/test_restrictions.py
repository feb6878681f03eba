"""Restriction: the data is kept, and not used; what the customer asks for is still done."""

from typing import Any

from tests.api import ADMINISTRATOR, MANAGER, Api, an_address, an_email
from tests.consent.scenes import KAREN, checked, decide, marketing
from tests.consent.spreading.test_propagation import all_show, family

REASON = {"reason": "The customer contests the address"}


async def restricted(api: Api) -> tuple[dict[str, Any], str]:
    karen = await api.create(contacts=[an_email(KAREN, marketingConsent="OptedIn")])
    path = f"customers/{karen['id']}"
    note = await api.post(f"{path}/notes", {"text": "before"}, bearer=MANAGER)
    response = await api.call("PUT", f"{path}/restriction", REASON, bearer=ADMINISTRATOR)
    assert response.status_code == 201, response.text
    return karen | {"note": note.json()["id"]}, path


async def test_nothing_may_be_sent_and_nothing_be_changed(api: Api) -> None:
    karen, path = await restricted(api)
    [check] = await checked(api)
    service = await checked(api, purpose="Service")
    writes = [
        await api.call("PATCH", path, {"firstName": "New"}, if_match="*"),
        await api.call("DELETE", path, bearer=ADMINISTRATOR, if_match="*"),
        await api.post(f"{path}/addresses", an_address()),
        await api.post(f"{path}/contacts", an_email("new@example.com")),
        await api.post(f"{path}/notes", {"text": "x"}, bearer=MANAGER),
        await api.call(
            "PATCH", f"{path}/notes/{karen['note']}", {"text": "y"}, bearer=MANAGER, if_match="*"
        ),
        await api.post(f"{path}/consents", {"contactId": "1", "decision": "OptedIn"}),
        await api.post(
            "client-books/000160/clients", {"customerIds": [karen["id"]]}, bearer=MANAGER
        ),
    ]

    assert (check["allowed"], check["reason"]) == (False, "restricted")
    assert service[0]["reason"] == "restricted", "on any legal basis"
    for response in writes:
        assert (response.status_code, response.json()["code"]) == (409, "customer-restricted")
    assert (await api.get(path)).json()["restricted"] is True


async def test_withdrawals_holds_and_the_erasure_are_taken(api: Api) -> None:
    karen, path = await restricted(api)
    await decide(api, karen, decision="OptedOut")
    by_patch = await api.call(
        "PATCH", f"{path}/contacts/1", {"marketingConsent": "OptedOut"}, if_match="*"
    )
    hold = {"kind": "OpenBusiness", "reason": "return"}
    held = await api.call("PUT", f"{path}/holds/return", hold)
    await api.call("DELETE", f"{path}/holds/return", if_match="*")
    erasure = await api.post(f"{path}/erasure", {"reason": "r"}, bearer=ADMINISTRATOR)

    assert (by_patch.status_code, held.status_code, erasure.status_code) == (200, 201, 202)
    assert await marketing(api, karen) == ["OptedOut"]


async def test_it_ends_and_everything_is_as_before(api: Api) -> None:
    _, path = await restricted(api)
    again = await api.call("PUT", f"{path}/restriction", REASON, bearer=ADMINISTRATOR)
    ended = await api.call("DELETE", f"{path}/restriction", bearer=ADMINISTRATOR)
    twice = await api.call("DELETE", f"{path}/restriction", bearer=ADMINISTRATOR)
    edit = await api.call("PATCH", path, {"firstName": "New"}, if_match="*")

    assert (again.status_code, ended.status_code, edit.status_code) == (200, 204, 200)
    assert (twice.status_code, twice.json()["code"]) == (404, "no-restriction")
    assert [check["reason"] for check in await checked(api)] == ["opted-in"]


async def test_a_decision_of_another_holder_reaches_the_restricted_one(api: Api) -> None:
    members = await family(api, 2)
    path = f"customers/{members[0]['id']}/restriction"
    await api.call("PUT", path, REASON, bearer=ADMINISTRATOR)
    await decide(api, members[1], decision="OptedOut")

    await all_show(api, members, "OptedOut")
