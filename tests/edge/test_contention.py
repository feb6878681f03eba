"""Sixteen writers at once who name no version: each write is in, whoever came first."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.composition.metered import Metered
from shared.customers.domain.imports import MAX_AT_ONCE
from shared.ports.documents import Document, Partition, Remove
from tests.api import ADMINISTRATOR, MANAGER, Api, a_customer, an_address, an_email
from tests.handovers.scenes import let_see_clients

WRITERS = 16
Write = Callable[[int], Awaitable[httpx.Response]]
Prepare = Callable[[Api], Awaitable[Write]]
CLIENTS = "client-books/000160/clients"


async def customer_edits(api: Api) -> Write:
    path = f"customers/{(await api.create())['id']}"
    return lambda n: api.call("PATCH", path, {"firstName": f"N{n}"}, if_match="*")


async def customers(api: Api) -> Write:
    return lambda n: api.post("customers", a_customer(firstName=f"N{n}"))


async def deactivations(api: Api) -> Write:
    path = f"customers/{(await api.create())['id']}"
    return lambda n: api.call("DELETE", path, if_match="*")


async def restorations(api: Api) -> Write:
    path = f"customers/{(await api.create())['id']}"
    await api.call("DELETE", path, if_match="*")
    return lambda n: api.post(f"{path}/restoration")


async def new_addresses(api: Api) -> Write:
    path = f"customers/{(await api.create())['id']}/addresses"
    return lambda n: api.post(path, an_address(street=f"{n} Main St", primary=n % 2 == 0))


async def address_edits(api: Api) -> Write:
    path = f"customers/{(await api.create(addresses=[an_address()]))['id']}/addresses/1"
    return lambda n: api.call("PATCH", path, {"street": f"{n} Main St"}, if_match="*")


async def ended_addresses(api: Api) -> Write:
    path = f"customers/{(await api.create(addresses=[an_address()]))['id']}/addresses/1"
    return lambda n: api.call("DELETE", path, if_match="*")


async def new_contacts(api: Api) -> Write:
    await api.switch("capture-multiple-contacts", enabled=True)
    path = f"customers/{(await api.create())['id']}/contacts"
    return lambda n: api.post(path, an_email(f"n{n}@example.com"))


async def contact_edits(api: Api) -> Write:
    path = f"customers/{(await api.create(contacts=[an_email()]))['id']}/contacts/1"
    return lambda n: api.call("PATCH", path, {"purpose": f"P{n}"}, if_match="*")


async def new_notes(api: Api) -> Write:
    path = f"customers/{(await api.create())['id']}/notes"
    return lambda n: api.post(path, {"text": f"note {n}"}, bearer=MANAGER)


async def note_edits(api: Api) -> Write:
    path = f"customers/{(await api.create())['id']}/notes"
    note = (await api.post(path, {"text": "first"}, bearer=MANAGER)).json()
    return lambda n: api.call(
        "PATCH", f"{path}/{note['id']}", {"text": f"T{n}"}, bearer=MANAGER, if_match="*"
    )


async def new_activities(api: Api) -> Write:
    path = f"customers/{(await api.create())['id']}/activities"
    moment = datetime.now(UTC).isoformat()
    body = {"activityType": "Phone", "occurredAt": moment}
    return lambda n: api.post(path, body | {"summary": f"call {n}"}, bearer=MANAGER)


async def one_client(api: Api) -> Write:
    body = {"customerIds": [(await api.create())["id"]]}
    return lambda n: api.post(CLIENTS, body, bearer=MANAGER)


async def client_edits(api: Api) -> Write:
    key = (await api.create())["id"]
    await api.post(CLIENTS, {"customerIds": [key]}, bearer=MANAGER)
    body = {"attributes": {"favoriteBrand": "Contoso"}}
    return lambda n: api.call("PATCH", f"{CLIENTS}/{key}", body, bearer=MANAGER, if_match="*")


async def follow_up_edits(api: Api) -> Write:
    key = (await api.create())["id"]
    await api.post(CLIENTS, {"customerIds": [key]}, bearer=MANAGER)
    body = {"customerId": key, "subject": "Call", "dueOn": "2040-01-01"}
    path = "client-books/000160/follow-ups"
    made = (await api.post(path, body, bearer=MANAGER)).json()
    return lambda n: api.call(
        "PATCH", f"{path}/{made['id']}", {"subject": f"S{n}"}, bearer=MANAGER, if_match="*"
    )


async def setting_edits(api: Api) -> Write:
    await api.put_setting("titles", "Dr.", {"name": "Dr."})
    return lambda n: api.put_setting("titles", "Dr.", {"name": "Dr."}, if_match="*")


async def parameter_edits(api: Api) -> Write:
    policies = ["allow", "warn"]
    return lambda n: api.call(
        "PATCH",
        "parameters",
        {"duplicatePolicy": policies[n % 2]},
        bearer=ADMINISTRATOR,
        if_match="*",
    )


async def feature_switches(api: Api) -> Write:
    return lambda n: api.switch("clienteling", enabled=n % 2 == 0)


async def company_edits(api: Api) -> Write:
    def body(n: int) -> dict[str, Any]:
        return {"name": f"Contoso {n}", "currency": "USD", "language": "en-US"}

    return lambda n: api.call("PUT", "", body(n), bearer=ADMINISTRATOR, if_match="*")


async def measure_imports(api: Api) -> Write:
    key = (await api.create())["id"]
    definition = {"name": "orders", "label": "Orders", "dataType": "Integer"}
    await api.put_setting("measures", "orders", definition)
    return lambda n: api.call("PUT", "measures/orders", {"values": {key: n}})


async def uploads_of_one_body(api: Api) -> Write:
    operation = {
        "operationId": str(uuid4()), "type": "create", "customerId": str(uuid4()),
        "at": "2026-11-20T10:00:00Z", "body": {"lastName": "Berg"},
    }  # fmt: skip
    body, path = json.dumps(operation).encode(), "channels/HOUSTON/upload-sessions"
    return lambda n: api.post(path, body, content_type="application/x-ndjson")


async def imports_of_one_body(api: Api) -> Write:
    body = json.dumps(a_customer()).encode()
    return lambda n: api.post(
        "imports", body, content_type="application/x-ndjson", idempotency_key=f"k{n}"
    )


async def reassignments(api: Api) -> Write:
    keys = [(await api.create())["id"] for _ in range(3)]
    await api.post(CLIENTS, {"customerIds": keys}, bearer=MANAGER)
    await let_see_clients(api)
    body = {"customerIds": keys, "to": "000110"}
    return lambda n: api.post("client-books/000160/reassignments", body, bearer=MANAGER)


PREPARE: dict[str, Prepare] = {
    prepare.__name__: prepare
    for prepare in (
        customer_edits, customers, deactivations, restorations, new_addresses, address_edits,
        new_contacts, contact_edits, new_notes, note_edits, new_activities, one_client,
        client_edits, follow_up_edits, setting_edits, parameter_edits, feature_switches,
        company_edits, measure_imports, uploads_of_one_body, reassignments,
    )
}  # fmt: skip


@pytest.mark.parametrize("prepare", PREPARE.values(), ids=PREPARE)
async def test_nobody_who_named_no_version_is_told_of_another_writer(
    api: Api, prepare: Prepare
) -> None:
    write = await prepare(api)
    responses = await asyncio.gather(*(write(n) for n in range(WRITERS)))

    assert [r.text for r in responses if r.status_code >= 400] == []


async def test_as_many_imports_as_may_be_are_started_side_by_side(api: Api) -> None:
    write = await imports_of_one_body(api)
    responses = await asyncio.gather(*(write(n) for n in range(MAX_AT_ONCE)))

    assert [r.status_code for r in responses] == [202] * MAX_AT_ONCE


async def test_an_address_that_has_ended_is_a_rule_and_not_a_race(api: Api) -> None:
    write = await ended_addresses(api)
    statuses = [r.status_code for r in await asyncio.gather(*(write(n) for n in range(WRITERS)))]

    assert statuses == [204] * WRITERS


async def test_of_sixteen_who_remove_a_note_one_does_and_the_others_find_nothing(api: Api) -> None:
    path = f"customers/{(await api.create())['id']}/notes"
    note = (await api.post(path, {"text": "first"}, bearer=MANAGER)).json()
    removals = (
        api.call("DELETE", f"{path}/{note['id']}", bearer=MANAGER, if_match="*")
        for _ in range(WRITERS)
    )
    statuses = [response.status_code for response in await asyncio.gather(*removals)]

    assert sorted(statuses) == [204] + [404] * (WRITERS - 1)


async def test_of_sixteen_who_remove_a_setting_one_does_and_the_others_find_nothing(
    api: Api,
) -> None:
    await api.put_setting("titles", "Dr.", {"name": "Dr."})
    path = "settings/titles/Dr."
    removals = (
        api.call("DELETE", path, bearer=ADMINISTRATOR, if_match="*") for _ in range(WRITERS)
    )
    statuses = [response.status_code for response in await asyncio.gather(*removals)]

    assert sorted(statuses) == [204] + [404] * (WRITERS - 1)


async def test_each_of_sixteen_addresses_is_there_and_one_is_primary(api: Api) -> None:
    path = f"customers/{(await api.create())['id']}"
    await asyncio.gather(
        *(
            api.post(f"{path}/addresses", an_address(street=f"{n} Main St", primary=True))
            for n in range(WRITERS)
        )
    )
    items = (await api.get(f"{path}/addresses?limit=100")).json()["items"]
    customer = (await api.get(path)).json()

    assert {item["street"] for item in items} == {f"{n} Main St" for n in range(WRITERS)}
    [primary] = [item for item in items if item["primary"]]
    assert customer["primaryAddress"]["id"] == primary["id"]
    assert (customer["addressCount"], customer["version"]) == (WRITERS, WRITERS + 1)


class SessionEnds(Metered):
    """A store where the running session of a channel ends just before it is looked at."""

    ended = False

    async def read(self, container: str, partition: Partition, document_id: str) -> Document | None:
        if document_id == "upload-running" and not self.ended:
            self.ended = True
            await super().commit(container, partition, [Remove(document_id)])
        return await super().read(container, partition, document_id)


async def test_an_upload_waits_for_no_session_that_ends_at_this_moment(api: Api) -> None:
    api.host.functions = [one for one in api.host.functions if one.name != "apply_uploads"]
    first, second = await uploads_of_one_body(api), await uploads_of_one_body(api)
    store = SessionEnds(api.documents)
    running = await first(1)
    with api._installed(store):
        after = await second(2)

    assert store.ended
    assert (running.status_code, after.status_code) == (202, 202), after.text
    assert after.json()["id"] != running.json()["id"]


async def test_of_sixteen_who_execute_a_plan_nobody_meets_a_race(api: Api) -> None:
    keys = [(await api.create())["id"] for _ in range(8)]
    await api.post(CLIENTS, {"customerIds": keys}, bearer=MANAGER)
    await let_see_clients(api)
    rule = {"rule": "ToOne", "to": "000110"}
    plans = "client-books/000160/handover-plans"
    path = f"{plans}/{(await api.post(plans, rule, bearer=MANAGER)).json()['id']}"
    responses = await asyncio.gather(
        *(api.post(f"{path}/execution", bearer=MANAGER) for _ in range(WRITERS))
    )
    async with asyncio.timeout(30):
        while (plan := (await api.get(path, bearer=MANAGER)).json())["status"] != "Executed":
            await asyncio.sleep(0.05)

    assert responses[0].status_code == 202
    for response in responses:  # whoever comes when it is executed is refused by the rule
        assert response.status_code == 202 or "The plan is executed." in response.text
    assert (plan["moved"], plan["refused"], plan["setAside"]) == (8, 0, [])


async def test_of_sixteen_who_decide_a_conflict_one_does_and_the_others_are_told_who(
    api: Api,
) -> None:
    customer = await api.create()
    operation = {
        "operationId": str(uuid4()), "type": "patch", "customerId": customer["id"],
        "at": "2026-11-20T10:00:00Z", "baseVersion": 1, "body": {"attributes": {"birthday": "-"}},
    }  # fmt: skip
    await api.post(
        "channels/HOUSTON/upload-sessions",
        json.dumps(operation).encode(),
        content_type="application/x-ndjson",
    )
    conflicts = "channels/HOUSTON/conflicts"
    async with asyncio.timeout(30):
        while (await api.get(f"{conflicts}/{operation['operationId']}")).status_code != 200:
            await asyncio.sleep(0.05)
    decision = {"operationId": operation["operationId"], "decision": "discard"}
    responses = await asyncio.gather(
        *(api.post(conflicts, decision, bearer=MANAGER) for _ in range(WRITERS))
    )

    assert sorted(r.status_code for r in responses) == [200] + [409] * (WRITERS - 1)
    refusals = [r.json() for r in responses if r.status_code == 409]
    assert {refusal["code"] for refusal in refusals} == {"conflict-decided"}
    assert {refusal["detail"] for refusal in refusals} == {
        "The conflict was decided by employee:000160."
    }
