"""Clients handed over: some at once, all in the background, by a plan that can be undone."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from function_app import app
from local.folder import Folder
from local.host.app import Host
from local.store.choice import OpenStore
from local.tokens import Bearer
from shared.composition import wiring
from shared.composition.metered import Metered
from shared.core.versioned import Versioned
from shared.handovers.bulk_moves import undo_plan
from shared.handovers.domain.bulk_moves import Reassignment
from shared.handovers.moving import move_next_clients
from shared.handovers.reassignments import reassign as reassign_clients
from shared.ports.documents import Documents, Operation, Partition
from tests.api import ADMINISTRATOR, CASHIER, COMPANY, MANAGER, Api, started

TRICIA = Bearer("Employee", (COMPANY,), personnel_number="000137", store_number="HOUSTON")
BOOK = "client-books/000137"
PLANS = f"{BOOK}/handover-plans"


@pytest.fixture
async def still(folder: Folder, open_store: OpenStore) -> AsyncIterator[Api]:
    """The API of a host that works through no plan by itself."""
    host = Host(app, folder, open_store)
    host.functions = [one for one in host.functions if one.name != "move_clients"]
    async with AsyncExitStack() as stack:
        yield await started(host, stack)


async def fill(api: Api, count: int, **but: Any) -> list[str]:
    """Put so many new customers into the book of Tricia."""
    made = [await api.create(firstName=f"C{number:03}", **but) for number in range(count)]
    keys = [one["id"] for one in made]
    for start in range(0, count, 100):
        some = {"customerIds": keys[start : start + 100]}
        response = await api.post(f"{BOOK}/clients", some, bearer=TRICIA)
        assert response.status_code == 201, response.text
    return keys


async def reassign(api: Api, *, bearer: Bearer = MANAGER, **body: Any) -> httpx.Response:
    return await api.post(f"{BOOK}/reassignments", {"to": "000160"} | body, bearer=bearer)


async def clients(api: Api, number: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        path = f"client-books/{number}/clients?limit=100{cursor}"
        page = (await api.get(path, bearer=ADMINISTRATOR)).json()
        found += page["items"]
        if page["nextCursor"] is None:
            return found
        cursor = f"&cursor={page['nextCursor']}"


async def keys_of(api: Api, number: str) -> set[str]:
    return {one["customerId"] for one in await clients(api, number)}


async def ended(api: Api, path: str, status: str) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while True:
            plan = Api.read(await api.get(f"{path}?limit=100", bearer=ADMINISTRATOR))
            if plan["status"] == status:
                return plan
            await asyncio.sleep(0.05)


async def test_clients_go_to_another_with_what_is_known_of_them(api: Api) -> None:
    one, other, stays = await fill(api, 3)
    await api.call(
        "PATCH", f"{BOOK}/clients/{one}", {"attributes": {"favoriteBrand": "Fabrikam"}},
        bearer=TRICIA, if_match="*",
    )  # fmt: skip
    response = await reassign(api, customerIds=[one, other, str(uuid4())])
    moved = {card["customerId"]: card for card in await clients(api, "000160")}

    assert response.status_code == 200
    assert [r["status"] for r in response.json()["results"]] == ["Moved", "Moved", "Refused"]
    assert (response.json()["done"], response.json()["refused"]) == (2, 1)
    assert set(moved) == {one, other}
    assert moved[one]["attributes"] == {"favoriteBrand": "Fabrikam"}
    assert await keys_of(api, "000137") == {stays}


async def test_all_or_nothing_is_nothing_if_one_cannot(api: Api) -> None:
    keys = await fill(api, 2)
    stranger = (await api.create())["id"]
    refused = await reassign(api, customerIds=[*keys, stranger], allOrNothing=True)
    after = await keys_of(api, "000137")
    moved = await reassign(api, customerIds=keys, allOrNothing=True)

    assert (refused.status_code, refused.json()["code"]) == (409, "reassignment-refused")
    assert [one["customerId"] for one in refused.json()["results"]] == [stranger]
    assert after == set(keys)
    assert moved.json()["done"] == 2


async def test_more_than_a_hundred_are_moved_in_the_background(api: Api) -> None:
    keys = await fill(api, 130)
    response = await reassign(api, all=True)
    path = response.headers["location"]
    plan = await ended(api, path, "Executed")
    pages = Api.read(await api.get(f"{path}?limit=100", bearer=ADMINISTRATOR))["clients"]
    rest = await api.get(f"{path}?limit=100&cursor={pages['nextCursor']}", bearer=ADMINISTRATOR)

    assert response.status_code == 202
    assert (plan["total"], plan["moved"], plan["refused"], plan["progress"]) == (130, 130, 0, 1.0)
    assert plan["targets"] == {"000160": 130}
    assert await keys_of(api, "000160") == set(keys)
    assert await keys_of(api, "000137") == set()
    assert len(pages["items"]) == 100
    assert len(rest.json()["clients"]["items"]) == 30
    assert rest.json()["clients"]["nextCursor"] is None


async def test_all_or_nothing_in_the_background_is_undone(api: Api) -> None:
    keys = await fill(api, 101)
    response = await reassign(api, customerIds=[*keys, str(uuid4())], allOrNothing=True)
    plan = await ended(api, response.headers["location"], "Undone")

    assert (plan["moved"], plan["refused"], plan["returned"]) == (101, 1, 101)
    assert await keys_of(api, "000137") == set(keys)


async def plan(api: Api, **rule: Any) -> httpx.Response:
    return await api.post(PLANS, rule, bearer=MANAGER)


async def test_a_plan_shows_who_would_go_to_whom_and_moves_nobody(api: Api) -> None:
    keys = await fill(api, 5)
    response = await plan(api, rule="Evenly", storeNumber="HOUSTON")
    shown = response.json()
    read = await api.get(response.headers["location"], bearer=MANAGER)
    listed = (await api.get(PLANS, bearer=MANAGER)).json()["items"]

    assert response.status_code == 201
    assert (shown["status"], shown["total"], shown["left"]) == ("Preview", 5, 0)
    assert shown["targets"] == {"000110": 3, "000160": 2}
    assert Counter(one["to"] for one in shown["clients"]["items"]) == shown["targets"]
    assert read.json()["clients"]["items"] == shown["clients"]["items"]
    assert [one["id"] for one in listed] == [shown["id"]]
    assert await keys_of(api, "000137") == set(keys)


async def test_a_plan_shares_out_by_what_is_known(api: Api) -> None:
    [shoes] = await fill(api, 1, attributes={"interests": ["Bikes", "Shoes"]})
    [bikes] = await fill(api, 1, attributes={"interests": ["Bikes"]})
    [none] = await fill(api, 1)
    rule = {"rule": "ByAttribute", "attribute": "interests", "targets": {"Shoes": "000160"}}
    some = (await plan(api, **rule)).json()
    everyone = (await plan(api, **rule, to="000110")).json()

    assert [one["customerId"] for one in some["clients"]["items"]] == [shoes]
    assert (some["total"], some["left"]) == (1, 2)
    assert {one["customerId"]: one["to"] for one in everyone["clients"]["items"]} == {
        shoes: "000160", bikes: "000110", none: "000110",
    }  # fmt: skip


async def test_a_plan_is_executed_and_undone_for_those_who_have_not_moved(api: Api) -> None:
    keys = await fill(api, 4)
    before = {one["customerId"]: one["addedAt"] for one in await clients(api, "000137")}
    path = (await plan(api, rule="ToOne", to="000160")).headers["location"]
    gone, elsewhere, *rest = keys
    await api.call("DELETE", f"{BOOK}/clients/{gone}", bearer=TRICIA, if_match="*")
    executed = await api.post(f"{path}/execution", bearer=MANAGER)
    done = await ended(api, path, "Executed")
    there = await keys_of(api, "000160")
    twice = await api.post(f"{path}/execution", bearer=MANAGER)
    body = {"customerIds": [elsewhere], "to": "000110"}
    await api.post("client-books/000160/reassignments", body, bearer=MANAGER)
    await api.post(f"{path}/undo", bearer=MANAGER)
    undone = await ended(api, path, "Undone")
    again = await api.post(f"{path}/undo", bearer=MANAGER)

    assert executed.status_code == 202
    assert (done["moved"], done["refused"]) == (3, 1)
    assert there == {elsewhere, *rest}
    assert (twice.status_code, twice.json()["code"]) == (409, "plan-not-ready")
    assert (undone["returned"], undone["kept"]) == (2, 1)
    assert {one["customerId"]: one["addedAt"] for one in await clients(api, "000137")} == {
        key: before[key] for key in rest
    }
    assert await keys_of(api, "000110") == {elsewhere}
    assert (again.status_code, again.json()["code"]) == (409, "plan-not-ready")


async def test_undo_is_possible_for_seven_days(still: Api) -> None:
    await fill(still, 1)
    made = (await plan(still, rule="ToOne", to="000160")).json()
    path = f"{PLANS}/{made['id']}"
    await still.post(f"{path}/execution", bearer=MANAGER)
    long_ago = datetime.now(UTC) - timedelta(days=8)
    context = wiring.backend().context(COMPANY, "employee:000160", long_ago)
    assert not await move_next_clients("000137", made["id"], context=context)
    late = await still.post(f"{path}/undo", bearer=MANAGER)

    assert (late.status_code, late.json()["code"]) == (409, "undo-too-late")


async def test_a_chunk_that_comes_again_moves_nobody_twice(still: Api) -> None:
    keys = await fill(still, 3)
    made = (await plan(still, rule="ToOne", to="000160")).json()
    await still.post(f"{PLANS}/{made['id']}/execution", bearer=MANAGER)
    context = wiring.backend().context(COMPANY, "employee:000160", datetime.now(UTC))
    both = await asyncio.gather(
        *(move_next_clients("000137", made["id"], context=context) for _ in "ab")
    )
    executed = await ended(still, f"{PLANS}/{made['id']}", "Executed")
    path = f"customers/{keys[0]}/timeline?types=bookMove"
    moves = (await still.get(path, bearer=TRICIA)).json()["items"]

    assert both == [False, False]
    assert (executed["moved"], executed["refused"]) == (3, 0)
    assert len(moves) == 2


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"to": "000137", "all": True}, "same-associate"),
        ({"to": "999999", "all": True}, "unknown-worker"),
        ({"to": "000160"}, "value-error"),
        ({"to": "000160", "all": True, "customerIds": ["1"]}, "value-error"),
        ({"to": "000160", "customerIds": []}, "too-short"),
    ],
)
async def test_a_reassignment_that_makes_no_sense_is_refused(
    api: Api, body: dict[str, Any], code: str
) -> None:
    response = await api.post(f"{BOOK}/reassignments", body, bearer=MANAGER)

    assert (response.status_code, response.json()["errors"][0]["code"]) == (422, code)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"rule": "ToOne"}, 422, "value-error"),
        ({"rule": "ToOne", "to": "000137"}, 422, "same-associate"),
        ({"rule": "Evenly", "storeNumber": "NOWHERE"}, 422, "unknown-store"),
        ({"rule": "ByAttribute", "attribute": "interests"}, 422, "value-error"),
        ({"rule": "Evenly", "storeNumber": "EMPTY"}, 409, "nobody-to-hand-to"),
    ],
)
async def test_a_plan_that_makes_no_sense_is_refused(
    api: Api, body: dict[str, Any], status: int, code: str
) -> None:
    store = (await api.get("settings/stores/HOUSTON")).json()
    empty = {k: v for k, v in store.items() if k not in {"etag", "employeeAddressBooks"}}
    await api.put_setting("stores", "EMPTY", empty | {"storeNumber": "EMPTY"})
    response = await plan(api, **body)
    problem = response.json()

    assert response.status_code == status
    assert code in {problem["code"], *(one["code"] for one in problem.get("errors") or ())}


async def test_handing_over_takes_its_own_permission(api: Api) -> None:
    key = str(uuid4())
    book = "client-books/000110"
    answers = [
        await api.post(f"{book}/reassignments", {"to": "000160", "all": True}, bearer=CASHIER),
        await api.get(f"{book}/reassignments/{key}", bearer=CASHIER),
        await api.post(f"{book}/handover-plans", {"rule": "ToOne", "to": "000160"}, bearer=CASHIER),
        await api.get(f"{book}/handover-plans", bearer=CASHIER),
        await api.get(f"{book}/handover-plans/{key}", bearer=CASHIER),
        await api.post(f"{book}/handover-plans/{key}/execution", bearer=CASHIER),
        await api.post(f"{book}/handover-plans/{key}/undo", bearer=CASHIER),
    ]
    unknown = await api.get(f"{book}/handover-plans/{key}", bearer=ADMINISTRATOR)

    for response in answers:
        assert (response.status_code, response.json()["code"]) == (403, "pos-operation-716")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "plan-not-found")


async def test_clients_may_be_named_as_people_name_them(api: Api) -> None:
    keys = await fill(api, 101)
    names = [(await api.get(f"customers/{key}")).json()["accountNumber"] for key in keys[:50]]
    response = await reassign(api, customerIds=[*names, *(key.upper() for key in keys[50:])])
    plan = await ended(api, response.headers["location"], "Executed")

    assert (plan["moved"], plan["refused"]) == (101, 0)
    assert await keys_of(api, "000160") == set(keys)


async def test_the_same_request_again_is_the_same_plan(still: Api) -> None:
    await fill(still, 150)
    context = wiring.backend().context(COMPANY, "employee:000160", datetime.now(UTC), "request-1")
    asked = Reassignment(all=True, to="000160")
    first = await reassign_clients("000137", asked, context=context)
    assert isinstance(first, Versioned)
    assert await move_next_clients("000137", first.value.id, context=context)
    again = await reassign_clients("000137", asked, context=context)
    assert isinstance(again, Versioned)
    assert not await move_next_clients("000137", first.value.id, context=context)

    assert again.value.id == first.value.id
    assert len(await keys_of(still, "000160")) == 150


async def test_all_or_nothing_is_ended_by_the_feed_after_a_failure(api: Api) -> None:
    keys = await fill(api, 20)
    with api.failing_after(30):
        failed = await reassign(api, customerIds=keys, allOrNothing=True)
    async with asyncio.timeout(30):
        while await keys_of(api, "000160") != set(keys):
            await asyncio.sleep(0.05)

    assert failed.status_code == 503
    assert await keys_of(api, "000137") == set()


async def test_undo_brings_back_a_pair_that_was_given_up(api: Api) -> None:
    await api.set_parameters(allowSeveralAssociates=True)
    [key] = await fill(api, 1)
    await api.call(
        "PATCH", f"{BOOK}/clients/{key}", {"attributes": {"favoriteBrand": "Fabrikam"}},
        bearer=TRICIA, if_match="*",
    )  # fmt: skip
    await api.post("client-books/000160/clients", {"customerIds": [key]}, bearer=MANAGER)
    path = (await plan(api, rule="ToOne", to="000160")).headers["location"]
    await api.post(f"{path}/execution", bearer=MANAGER)
    await ended(api, path, "Executed")
    between = await keys_of(api, "000137")
    await api.post(f"{path}/undo", bearer=MANAGER)
    undone = await ended(api, path, "Undone")
    [card] = await clients(api, "000137")

    assert between == set()
    assert undone["returned"] == 1
    assert card["attributes"] == {"favoriteBrand": "Fabrikam"}
    assert await keys_of(api, "000160") == {key}


async def leave(api: Api, number: str) -> None:
    worker = (await api.get(f"settings/workers/{number}")).json() | {"active": False}
    worker = {name: one for name, one in worker.items() if name != "etag"}
    await api.put_setting("workers", number, worker, if_match="*")


async def test_nobody_is_handed_to_who_has_left(api: Api) -> None:
    keys = await fill(api, 1)
    path = (await plan(api, rule="ToOne", to="000110")).headers["location"]
    await leave(api, "000110")
    executed = await api.post(f"{path}/execution", bearer=MANAGER)
    reassigned = await reassign(api, to="000110", all=True)
    one = {"customerIds": [(await api.create())["id"]]}
    await api.get("client-books/000110", bearer=ADMINISTRATOR)
    added = await api.post("client-books/000110/clients", one, bearer=ADMINISTRATOR)

    for response in (executed, reassigned):
        assert response.json()["errors"][0]["code"] == "worker-inactive"
    assert (added.status_code, added.json()["code"]) == (409, "client-book-unattended")
    assert await keys_of(api, "000137") == set(keys)


async def test_a_book_that_was_only_handed_clients_is_found_when_its_associate_leaves(
    api: Api,
) -> None:
    await fill(api, 1)
    await reassign(api, to="000110", all=True)
    await leave(api, "000110")
    found = (await api.get("client-books?unattended=true", bearer=ADMINISTRATOR)).json()["items"]

    assert [one["personnelNumber"] for one in found] == ["000110"]


async def test_thousands_are_added_in_the_background(api: Api) -> None:
    made = [await api.create(firstName=f"C{number:03}") for number in range(120)]
    keys = [one["id"] for one in made]
    taken = await api.post("client-books/000160/clients", {"customerIds": keys[:1]}, bearer=MANAGER)
    body = {"customerIds": [*keys, str(uuid4())]}
    response = await api.post(f"{BOOK}/clients", body, bearer=TRICIA)
    plan = await ended(api, response.headers["location"], "Executed")
    refused = [one for one in plan["clients"]["items"] if one["status"] == "Refused"]

    assert taken.status_code == 201
    assert (response.status_code, plan["moved"], plan["refused"]) == (202, 119, 2)
    assert [one["code"] for one in refused] == ["client-in-another-book"], "on the first page"
    assert await keys_of(api, "000137") == set(keys[1:])


class Poisoned(Metered):
    """A store with a bug, for the books of one customer."""

    def __init__(self, documents: Documents, key: str) -> None:
        super().__init__(documents)
        self.key = key

    async def commit(
        self, container: str, partition: Partition, operations: Sequence[Operation]
    ) -> list[str]:
        if partition == (COMPANY, self.key):
            raise ZeroDivisionError
        return await super().commit(container, partition, operations)


@pytest.mark.parametrize("all_or_nothing", [False, True])
async def test_clients_of_a_chunk_that_was_set_aside_are_moved_back(
    still: Api, all_or_nothing: bool
) -> None:
    keys = await fill(still, 101)
    made = (await reassign(still, customerIds=keys, allOrNothing=all_or_nothing)).json()
    path = f"{BOOK}/reassignments/{made['id']}"
    context = wiring.backend().context(COMPANY, "employee:000160", datetime.now(UTC))
    poisoned = replace(context, documents=Poisoned(context.documents, keys[50]))
    assert await move_next_clients("000137", made["id"], context=poisoned)
    going_on = await move_next_clients("000137", made["id"], context=poisoned)
    between = Api.read(await still.get(path, bearer=ADMINISTRATOR))
    moved = await keys_of(still, "000160")
    if not all_or_nothing:
        await undo_plan("000137", made["id"], context=context)
    while await move_next_clients("000137", made["id"], context=context):
        pass
    after = Api.read(await still.get(path, bearer=ADMINISTRATOR))

    assert going_on == all_or_nothing, "all or nothing is undone by itself"
    assert between["status"] == ("Undoing" if all_or_nothing else "Executed")
    assert [(aside["chunk"], aside["code"]) for aside in between["setAside"]] == [(1, "internal")]
    assert between["moved"] == 1, "the one of the second chunk"
    assert len(moved) > 1, "some of the chunk had been moved"
    assert (after["status"], after["kept"]) == ("Undone", 0)
    assert after["returned"] == len(moved)
    assert await keys_of(still, "000137") == set(keys)
