"""Clients handed over: some at once, all in the background, by a plan that can be undone."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from shared.composition import wiring
from shared.handovers.bulk_moves import read_bulk_move
from shared.handovers.moving import move_next_clients
from tests.api import ADMINISTRATOR, COMPANY, MANAGER, Api
from tests.handovers.scenes import (
    BOOK,
    PLANS,
    TRICIA,
    clients,
    ended,
    fill,
    keys_of,
    let_see_clients,
    plan,
    reassign,
)


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


async def test_a_plan_shows_who_would_go_to_whom_and_moves_nobody(api: Api) -> None:
    await let_see_clients(api)
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
    await let_see_clients(api)
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
    await let_see_clients(api)
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
    bulk_move = (await read_bulk_move("000137", made["id"], context=context)).value
    assert not await move_next_clients(bulk_move, context=context)
    late = await still.post(f"{path}/undo", bearer=MANAGER)

    assert (late.status_code, late.json()["code"]) == (409, "undo-too-late")


async def test_a_chunk_that_comes_again_moves_nobody_twice(still: Api) -> None:
    keys = await fill(still, 3)
    made = (await plan(still, rule="ToOne", to="000160")).json()
    await still.post(f"{PLANS}/{made['id']}/execution", bearer=MANAGER)
    context = wiring.backend().context(COMPANY, "employee:000160", datetime.now(UTC))
    bulk_move = (await read_bulk_move("000137", made["id"], context=context)).value
    both = await asyncio.gather(*(move_next_clients(bulk_move, context=context) for _ in "ab"))
    executed = await ended(still, f"{PLANS}/{made['id']}", "Executed")
    path = f"customers/{keys[0]}/timeline?types=bookMove"
    moves = (await still.get(path, bearer=TRICIA)).json()["items"]

    assert both == [False, False]
    assert (executed["moved"], executed["refused"]) == (3, 0)
    assert len(moves) == 2
