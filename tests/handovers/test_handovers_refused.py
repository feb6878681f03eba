"""Handovers that are refused, repeated, or meet trouble on the way."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from shared.composition import wiring
from shared.composition.metered import Metered
from shared.core.versioned import Versioned
from shared.handovers.bulk_moves import read_bulk_move, undo_plan
from shared.handovers.domain.bulk_moves import Reassignment
from shared.handovers.moving import move_next_clients
from shared.handovers.reassignments import reassign as reassign_clients
from shared.ports.documents import Documents, Operation, Partition
from tests.api import ADMINISTRATOR, CASHIER, COMPANY, MANAGER, Api
from tests.handovers.scenes import (
    BOOK,
    TRICIA,
    clients,
    ended,
    fill,
    keys_of,
    let_see_clients,
    plan,
    reassign,
)


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
    assert await move_next_clients(first.value, context=context)
    again = await reassign_clients("000137", asked, context=context)
    assert isinstance(again, Versioned)
    assert not await move_next_clients(first.value, context=context)

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
    await let_see_clients(api)
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
    await let_see_clients(api)
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
        if partition == (self.key, COMPANY):
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
    bulk_move = (await read_bulk_move("000137", made["id"], context=context)).value
    poisoned = replace(context, documents=Poisoned(context.documents, keys[50]))
    assert await move_next_clients(bulk_move, context=poisoned)
    going_on = await move_next_clients(bulk_move, context=poisoned)
    between = Api.read(await still.get(path, bearer=ADMINISTRATOR))
    moved = await keys_of(still, "000160")
    if not all_or_nothing:
        await undo_plan("000137", made["id"], context=context)
    while await move_next_clients(bulk_move, context=context):
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
