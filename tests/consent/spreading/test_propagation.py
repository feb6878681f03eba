"""A decision reaches everybody who has the contact point."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.composition import wiring
from shared.consent.spreading.pending import all_pending
from shared.ports.documents import Prefix, Put
from tests.api import COMPANY, Api, an_email
from tests.consent.scenes import KAREN, PROOF, checked, decide, ledger, marketing
from tests.waiting import eventually

HOLDERS = 3


async def nothing_pending(api: Api) -> bool:
    """Return whether every event was followed that had to be."""
    context = wiring.backend().context(COMPANY, "application:test", datetime.now(UTC))
    return not [one async for one in all_pending(context)]


async def family(api: Api, count: int = HOLDERS, value: str = KAREN) -> list[dict[str, Any]]:
    """Return customers who share an address, each registered as a holder."""
    members = [
        await api.create(firstName=f"K{number}", contacts=[an_email(value)])
        for number in range(count)
    ]

    async def registered() -> bool:
        return await holders(api, value) == {member["id"] for member in members}

    await eventually(20 + count / 4, registered, pause=max(0.05, count / 200))
    return members


async def holders(api: Api, value: str = KAREN) -> set[str]:
    name = wiring.backend().point_names.name(COMPANY, "email", value)
    found = api.documents.all("directory", (f"point:{name}", COMPANY), Prefix("id", "holder:"))
    return {document.id.removeprefix("holder:") async for document in found}


async def all_show(
    api: Api, members: list[dict[str, Any]], decision: str, *, seconds: float = 20
) -> None:
    async def shown() -> bool:
        return all([await marketing(api, member) == [decision] for member in members])

    await eventually(seconds, shown)


async def test_all_holders_show_the_same(api: Api) -> None:
    members = await family(api)
    await decide(api, members[0], evidence=PROOF)
    await all_show(api, members, "OptedIn")
    await decide(api, members[1], decision="OptedOut")
    await all_show(api, members, "OptedOut")

    newest, oldest = await ledger(api, members[2])
    assert (newest["decision"], newest["inherited"]) == ("OptedOut", True)
    assert newest["personal"]["origin"] == members[1]["id"]
    assert (oldest["decision"], oldest["inherited"]) == ("OptedIn", True)
    verification = (await api.get(f"customers/{members[2]['id']}/consents/verification")).json()
    assert (verification["valid"], verification["entries"]) == (True, 2)


async def test_there_is_no_echo(api: Api) -> None:
    members = await family(api)
    await decide(api, members[0], decision="OptedOut")
    await all_show(api, members, "OptedOut")
    await eventually(20, lambda: nothing_pending(api))
    await asyncio.sleep(1)
    versions = [
        (await api.get(f"customers/{member['id']}")).json()["version"] for member in members
    ]

    assert versions == [2, 2, 2], "the decision, and one inherited entry each"
    assert await nothing_pending(api)


async def test_who_comes_later_shows_what_is_in_force(api: Api) -> None:
    [karen] = await family(api, 1)
    await decide(api, karen, decision="OptedOut")
    twin = await api.create(contacts=[an_email("other@example.com")])
    path = f"customers/{twin['id']}/contacts/1"
    await api.call("PATCH", path, {"value": KAREN}, if_match="*")

    async def both() -> bool:
        return await holders(api) == {karen["id"], twin["id"]}

    await eventually(20, both)
    assert await marketing(api, twin) == ["OptedOut"]


async def test_who_goes_is_no_holder(api: Api) -> None:
    karen, twin = await family(api, 2)
    await api.call("DELETE", f"customers/{twin['id']}/contacts/1", if_match="*")

    async def alone() -> bool:
        return await holders(api) == {karen["id"]}

    await eventually(20, alone)
    await decide(api, karen, decision="OptedOut")
    await eventually(20, lambda: nothing_pending(api))
    assert await ledger(api, twin) == []


async def test_a_deactivated_holder_is_written_too(api: Api) -> None:
    karen, twin = await family(api, 2)
    await api.call("DELETE", f"customers/{twin['id']}", if_match="*")
    await decide(api, karen, decision="OptedOut")
    await all_show(api, [karen, twin], "OptedOut")


async def test_where_opt_ins_do_not_spread_withdrawals_do(api: Api) -> None:
    purpose = (await api.get("settings/consent-purposes/Marketing", bearer=None)).json()
    body = {name: value for name, value in purpose.items() if name != "etag"}
    changed = await api.put_setting(
        "consent-purposes", "Marketing", body | {"optInSpreads": False}, if_match="*"
    )
    assert changed.status_code == 200, changed.text
    karen, twin = await family(api, 2)
    await decide(api, karen, evidence=PROOF)
    await eventually(20, lambda: nothing_pending(api))

    assert await marketing(api, karen) == ["OptedIn"]
    assert await marketing(api, twin) == [None]
    assert (await checked(api))[0]["allowed"] is True
    await decide(api, twin, decision="OptedOut")
    await all_show(api, [karen, twin], "OptedOut")


async def test_what_was_decided_while_the_store_was_away_is_settled_by_the_event(api: Api) -> None:
    [karen] = await family(api, 1)
    with api.failing_after(commits=1):
        response = await api.post(
            f"customers/{karen['id']}/consents", {"contactId": "1", "decision": "OptedOut"}
        )
    assert response.status_code == 202, "kept, and in force when the event has been followed"

    async def withdrawn() -> bool:
        return bool((await checked(api))[0]["reason"] == "opted-out")

    await eventually(20, withdrawn)


@pytest.mark.parametrize("count", [10])
async def test_how_long_it_takes(api: Api, count: int) -> None:
    members = await family(api, count)
    begun = time.monotonic()
    await decide(api, members[0], decision="OptedOut")
    await all_show(api, members, "OptedOut")
    print(f"{count} holders: {time.monotonic() - begun:.2f} s")  # noqa: T201  # for whoever looks


async def test_customers_from_before_there_were_points_get_theirs(api: Api) -> None:
    karen = await api.create(contacts=[an_email("other@example.com")])
    stored = await api.documents.read("customers", (karen["id"], COMPANY), karen["id"])
    assert stored
    [contact] = stored.body["contacts"]
    older = contact | {
        "value": KAREN, "normal": KAREN, "marketingConsent": "OptedOut",
        "consentAt": "2026-01-01T10:00:00Z",
    }  # fmt: skip
    older.pop("consents")
    body = stored.body | {"contacts": [older], "schemaVersion": 3, "version": 2, "ledger": None}
    await api.documents.commit("customers", (karen["id"], COMPANY), [Put(body)])

    async def indexed() -> bool:
        shown = (await api.get(f"customers/{karen['id']}/contacts")).json()["items"][0]
        return bool(shown["consents"])

    await eventually(20, indexed)
    [check] = await checked(api)
    twin = await api.create(contacts=[an_email(KAREN, marketingConsent="OptedIn")])
    assert (check["reason"], check["decidedAt"]) == ("opted-out", "2026-01-01T10:00:00.000Z")
    assert await marketing(api, karen) == ["OptedOut"]
    assert await marketing(api, twin) == ["OptedOut"]
    assert karen["id"] in await holders(api)
