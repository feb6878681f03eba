"""Each version of a customer has its event, in the commit that made it."""

import asyncio
from typing import Any

from shared.ports.documents import Equal
from tests.api import ADMINISTRATOR, COMPANY, Api, an_address, an_email


async def events(api: Api, key: str) -> list[dict[str, Any]]:
    page = await api.documents.query("customers", (key, COMPANY), Equal("type", "event"))
    return [document.body["event"] for document in page.documents]


async def last(api: Api, key: str) -> dict[str, Any]:
    return (await events(api, key))[-1]


async def test_a_new_customer_is_told_of_whole(api: Api) -> None:
    made = await api.create(lastName="Berg", addresses=[an_address(street="1 Main St")])
    [event] = await events(api, made["id"])
    told = {change["field"]: change["new"] for change in event["data"].pop("changes")}

    assert event == {
        "specversion": "1.0",
        "id": f"{made['id']}:1",
        "source": f"/libro/{COMPANY}",
        "type": "customer.created",
        "subject": made["id"],
        "time": event["time"],
        "datacontenttype": "application/json",
        "traceparent": event["traceparent"],
        "data": {
            "legalEntity": COMPANY,
            "customerId": made["id"],
            "accountNumber": made["accountNumber"],
            "version": 1,
            "actor": made["createdBy"],
        },
    }
    assert event["time"] == made["createdAt"]
    assert told["lastName"] == "Berg"
    assert told["addresses/1"]["street"] == "1 Main St"
    assert "title" not in told, "what has no value has not changed"


async def test_a_change_tells_old_and_new_of_what_changed_alone(api: Api) -> None:
    made = await api.create(firstName="Karen")
    await api.call("PATCH", f"customers/{made['id']}", {"firstName": "Zoe"}, if_match="*")
    event = await last(api, made["id"])

    assert event["type"] == "customer.changed"
    assert event["data"]["version"] == 2
    assert event["data"]["changes"] == [{"field": "firstName", "old": "Karen", "new": "Zoe"}]


async def test_the_status_gives_the_event_its_type(api: Api) -> None:
    made = await api.create()
    path = f"customers/{made['id']}"
    await api.call("DELETE", path, bearer=ADMINISTRATOR, if_match="*")
    await api.call("DELETE", path, bearer=ADMINISTRATOR, if_match="*")
    await api.call("POST", f"{path}/restoration", bearer=ADMINISTRATOR)
    types = dict.fromkeys(event["type"] for event in await events(api, made["id"]))

    assert list(types) == ["customer.created", "customer.deactivated", "customer.restored"]


async def test_addresses_are_told_of_with_the_one_that_gives_way(api: Api) -> None:
    made = await api.create(addresses=[an_address(street="1 Main St")])
    path = f"customers/{made['id']}/addresses"
    await api.post(path, an_address(street="2 Main St", primary=True))
    changes = {one["field"]: one for one in (await last(api, made["id"]))["data"]["changes"]}
    parts = [one for name, one in changes.items() if name.startswith("addresses/")]

    assert {(one["old"] or {}).get("primary") for one in parts} == {None, True}
    assert sorted(one["new"]["street"] for one in parts) == ["1 Main St", "2 Main St"]
    assert changes["addressCount"] == {"field": "addressCount", "old": 1, "new": 2}
    assert changes["primaryAddress"]["new"]["street"] == "2 Main St"


async def test_what_is_refused_or_stale_tells_nothing(api: Api) -> None:
    made = await api.create()
    path = f"customers/{made['id']}"
    stale = await api.call("PATCH", path, {"firstName": "Zoe"}, if_match='"another"')
    invalid = await api.post(f"{path}/contacts", an_email("not an e-mail"))

    assert (stale.status_code, invalid.status_code) == (412, 422)
    assert [event["data"]["version"] for event in await events(api, made["id"])] == [1]


async def test_versions_have_no_gap_when_many_write_at_once(api: Api) -> None:
    made = await api.create()
    path = f"customers/{made['id']}"
    answers = await asyncio.gather(
        *(api.call("PATCH", path, {"firstName": f"Zoe {n}"}, if_match="*") for n in range(10))
    )
    versions = [event["data"]["version"] for event in await events(api, made["id"])]

    assert all(answer.status_code == 200 for answer in answers)
    assert versions == list(range(1, 12))
