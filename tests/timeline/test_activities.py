"""Activities, notes, and the timeline that has them all."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from local.tokens import Bearer
from tests.api import ADMINISTRATOR, APPLICATION, CASHIER, COMPANY, MANAGER, Api, an_email

TRICIA = Bearer("Employee", (COMPANY,), personnel_number="000137", store_number="HOUSTON")
ANA = Bearer("Employee", (COMPANY,), personnel_number="000201", store_number="SANFRAN")


async def note(api: Api, key: str, text: str, **but: Any) -> dict[str, Any]:
    bearer = but.pop("bearer", TRICIA)
    response = await api.post(f"customers/{key}/notes", {"text": text} | but, bearer=bearer)
    assert response.status_code == 201, response.text
    return Api.read(response) | {"etag": response.headers["etag"]}


async def act(api: Api, key: str, **but: Any) -> httpx.Response:
    body = {"activityType": "StoreVisit", "summary": "Tried on boots"} | but
    return await api.post(f"customers/{key}/activities", body, bearer=TRICIA)


async def timeline(api: Api, key: str, query: str = "") -> list[dict[str, Any]]:
    response = await api.get(f"customers/{key}/timeline?{query}", bearer=MANAGER)
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items


async def test_an_activity_is_noted_with_who_when_and_where(api: Api) -> None:
    made = await api.create()
    response = await act(
        api, made["id"], occurredAt="2026-11-20T10:00:00-06:00", details="Size 7",
        attributes={"size": 7},
    )  # fmt: skip
    found = await api.get(response.headers["location"], bearer=MANAGER)
    [listed] = (await api.get(f"customers/{made['id']}/activities", bearer=MANAGER)).json()["items"]

    assert response.status_code == 201
    assert found.json() == response.json()
    assert {**found.json(), "etag": found.headers["etag"].strip('"')} == listed
    assert found.json()["label"] == "Store visit"
    assert found.json()["occurredAt"] == "2026-11-20T16:00:00Z"
    assert (found.json()["associate"], found.json()["storeNumber"]) == ("000137", "HOUSTON")
    assert found.json()["attributes"] == {"size": 7}


async def test_the_type_of_an_activity_is_one_that_is_in_use(api: Api) -> None:
    made = await api.create()
    unknown = await act(api, made["id"], activityType="Duel")
    old = {"name": "Fax", "label": "Fax", "active": False}
    await api.put_setting("activity-types", "Fax", old)
    inactive = await act(api, made["id"], activityType="Fax")
    await api.put_setting("activity-types", "Fax", old | {"active": True}, if_match="*")
    active = await act(api, made["id"], activityType="Fax")
    far = await act(api, made["id"], occurredAt="2099-01-01T00:00:00Z")

    assert unknown.json()["errors"][0]["code"] == "unknown-activity-type"
    assert inactive.json()["errors"][0]["code"] == "activity-type-inactive"
    assert active.status_code == 201, "a changed type is seen by the next call"
    assert far.json()["errors"][0]["code"] == "too-far-ahead"


async def test_types_are_called_as_they_are_called_today(api: Api) -> None:
    made = await api.create()
    await act(api, made["id"])
    kind = {
        "name": "StoreVisit",
        "label": "Visit",
        "icon": "door",
        "translations": {"es": "Visita"},
    }
    await api.put_setting("activity-types", "StoreVisit", kind, if_match="*")
    path = f"customers/{made['id']}/timeline"
    english = (await api.get(path, bearer=TRICIA)).json()["items"][0]["activity"]
    spanish = (await api.get(path, bearer=TRICIA, accept_language="es")).json()["items"][0]

    assert (english["label"], english["icon"]) == ("Visit", "door")
    assert spanish["activity"]["label"] == "Visita"


async def test_the_same_request_notes_one_activity(api: Api) -> None:
    made = await api.create()
    path, body = f"customers/{made['id']}/activities", {"activityType": "Phone", "summary": "Hello"}
    key = str(uuid4())
    answers = [await api.post(path, body, bearer=TRICIA, idempotency_key=key) for _ in range(2)]

    assert answers[0].json() == answers[1].json()
    assert len(await timeline(api, made["id"])) == 1


async def test_the_card_says_when_the_client_was_last_active(api: Api) -> None:
    made = await api.create()
    clients = "client-books/000137/clients"
    await act(api, made["id"], occurredAt="2026-11-20T10:00:00Z")
    await api.post(clients, {"customerIds": [made["id"]]}, bearer=TRICIA)
    [first] = (await api.get(clients, bearer=TRICIA)).json()["items"]
    for at in ("2026-11-21T10:00:00Z", "2026-11-19T10:00:00Z", "2028-01-01T10:00:00Z"):
        await act(api, made["id"], occurredAt=at)

    async def last() -> str:
        [card] = (await api.get(clients, bearer=TRICIA)).json()["items"]
        return str(card["lastActivityAt"])

    async with asyncio.timeout(20):
        while await last() != "2026-11-21T10:00:00.000000Z":
            await asyncio.sleep(0.05)
    assert first["lastActivityAt"] == "2026-11-20T10:00:00.000000Z"


async def test_notes_are_read_by_all_and_pinned_ones_first(api: Api) -> None:
    made = await api.create()
    for text, pinned in (("one", False), ("two", True), ("three", False), ("four", True)):
        await note(api, made["id"], text, pinned=pinned)
    path = f"customers/{made['id']}/notes"
    whole = (await api.get(path, bearer=CASHIER)).json()
    texts = [one["text"] for one in await api.every(f"{path}?limit=1", bearer=CASHIER)]

    assert [one["text"] for one in whole["items"]] == ["four", "two", "three", "one"]
    assert whole["nextCursor"] is None
    assert texts == ["four", "two", "three", "one"]


async def test_its_author_and_managers_change_a_note_and_its_history_is_kept(api: Api) -> None:
    made = await api.create()
    one = await note(api, made["id"], "Likes red shoes")
    path = f"customers/{made['id']}/notes/{one['id']}"

    async def change(text: str, bearer: Bearer, if_match: str = "*") -> httpx.Response:
        return await api.call("PATCH", path, {"text": text}, bearer=bearer, if_match=if_match)

    stranger = await change("Hates shoes", ANA)
    gone = await api.call("DELETE", path, bearer=ANA, if_match="*")
    own = await change("Likes blue shoes", TRICIA, one["etag"])
    stale = await change("Likes no shoes", TRICIA, one["etag"])
    manager = await change("Likes boots", MANAGER)
    pinned = await api.call("PATCH", path, {"pinned": True}, bearer=TRICIA, if_match="*")
    empty = await api.call("PATCH", path, {"text": None}, bearer=TRICIA, if_match="*")

    for response in (stranger, gone):
        assert (response.status_code, response.json()["code"]) == (403, "not-your-note")
    assert (own.status_code, stale.status_code, manager.status_code) == (200, 412, 200)
    assert [one["text"] for one in pinned.json()["history"]] == [
        "Likes red shoes", "Likes blue shoes",
    ]  # fmt: skip
    assert pinned.json()["history"][1]["editedBy"] == "employee:000160"
    assert (pinned.json()["text"], pinned.json()["author"]) == ("Likes boots", "000137")
    assert empty.status_code == 422
    assert (await api.call("DELETE", path, bearer=MANAGER, if_match="*")).status_code == 204
    assert (await api.get(path, bearer=TRICIA)).status_code == 404
    assert await timeline(api, made["id"]) == []


async def test_the_timeline_has_everything_newest_first(api: Api) -> None:
    made = await api.create(contacts=[an_email(marketingConsent="OptedIn")])
    key = made["id"]
    await act(api, key, occurredAt="2020-01-01T00:00:00Z")
    await note(api, key, "Likes red shoes")
    clients = "client-books/000137/clients"
    await api.post(clients, {"customerIds": [key]}, bearer=TRICIA)
    contact = f"customers/{key}/contacts/1"
    await api.call("PATCH", contact, {"marketingConsent": "OptedOut"}, if_match="*")
    await api.call("DELETE", f"customers/{key}", bearer=ADMINISTRATOR, if_match="*")
    found = await timeline(api, key)
    some = await timeline(api, key, "types=note,consent")
    moves = await timeline(api, key, "types=bookMove")
    wrong = await api.get(f"customers/{key}/timeline?types=gossip", bearer=TRICIA)

    assert [one["type"] for one in found] == [
        "bookMove", "consent", "bookMove", "note", "consent", "activity",
    ]  # fmt: skip
    assert [one["consent"]["decision"] for one in found if one["consent"]] == [
        "OptedOut", "OptedIn",
    ]  # fmt: skip
    assert [one["type"] for one in some] == ["consent", "note", "consent"]
    assert [
        (one["bookMove"]["fromAssociate"], one["bookMove"]["toAssociate"]) for one in moves
    ] == [("000137", None), (None, "000137")]
    assert wrong.status_code == 400


async def test_a_long_timeline_is_paged(api: Api) -> None:
    made = await api.create()
    for number in range(7):
        await act(api, made["id"], occurredAt=f"2026-01-0{number + 1}T00:00:00Z")
    seen = await api.every(f"customers/{made['id']}/timeline?limit=3", bearer=TRICIA)

    assert [one["at"][:10] for one in seen] == [f"2026-01-0{number}" for number in range(7, 0, -1)]


@pytest.mark.parametrize("path", ["activities", "notes", "timeline"])
async def test_it_takes_the_feature_and_an_employee(api: Api, path: str) -> None:
    made = await api.create()
    application = await api.get(f"customers/{made['id']}/{path}", bearer=APPLICATION)
    nobody = await api.get(f"customers/{uuid4()}/{path}", bearer=TRICIA)
    await api.switch("clienteling", False)
    off = await api.get(f"customers/{made['id']}/{path}", bearer=TRICIA)

    assert application.status_code == 403
    assert nobody.status_code == 404
    assert (off.status_code, off.json()["code"]) == (409, "feature-off")


async def test_nothing_is_noted_about_who_is_not_active(api: Api) -> None:
    made = await api.create()
    await api.call("DELETE", f"customers/{made['id']}", bearer=ADMINISTRATOR, if_match="*")
    noted = await api.post(f"customers/{made['id']}/notes", {"text": "Hello"}, bearer=TRICIA)
    acted = await act(api, made["id"])

    for response in (noted, acted):
        assert (response.status_code, response.json()["code"]) == (409, "customer-inactive")
