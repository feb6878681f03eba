"""Nobody is given clients whom they cannot see: who lacks POS operation 712 is refused, or left
out of a plan, which says so."""

from typing import Any

import pytest

from tests.api import ADMINISTRATOR, MANAGER, Api
from tests.handovers.scenes import BOOK, clients, fill, let_see_clients, plan, put_worker

CASHIER = "000110"  # whose group has no 712
SKIPPED = [{"personnelNumber": CASHIER, "code": "pos-operation-712"}]


def flaws(answer: Any) -> list[tuple[str, str]]:
    return [(one["pointer"], one["code"]) for one in answer.json().get("errors", [])]


async def test_a_reassignment_to_who_cannot_see_them_is_refused(api: Api) -> None:
    await fill(api, 2)
    answer = await api.post(f"{BOOK}/reassignments", {"to": CASHIER, "all": True}, bearer=MANAGER)

    assert (answer.status_code, flaws(answer)) == (422, [("/to", "pos-operation-712")])
    assert len(await clients(api, "000137")) == 2


@pytest.mark.parametrize(
    ("rule", "pointer"),
    [
        ({"rule": "ToOne", "to": CASHIER}, "/to"),
        (
            {"rule": "ByAttribute", "attribute": "interests", "targets": {"Shoes": CASHIER}},
            "/targets/Shoes",
        ),
    ],
)
async def test_so_is_a_plan_that_names_them(api: Api, rule: dict[str, Any], pointer: str) -> None:
    answer = await plan(api, **rule)

    assert (answer.status_code, flaws(answer)) == (422, [(pointer, "pos-operation-712")])


async def test_an_even_plan_leaves_them_out_and_says_so(api: Api) -> None:
    await fill(api, 4)
    made = (await plan(api, rule="Evenly", storeNumber="HOUSTON")).json()
    path = f"{BOOK}/handover-plans/{made['id']}"
    read = (await api.get(path, bearer=MANAGER)).json()

    assert CASHIER not in made["targets"]
    assert sum(made["targets"].values()) == 4
    assert (made["skipped"], read["skipped"]) == (SKIPPED, SKIPPED)
    await put_worker(api, CASHIER, permissionGroup=None)
    again = (await plan(api, rule="Evenly", storeNumber="HOUSTON")).json()
    assert again["skipped"] == SKIPPED
    await let_see_clients(api)
    again = (await plan(api, rule="Evenly", storeNumber="HOUSTON")).json()
    assert (CASHIER in again["targets"], again["skipped"]) == (True, [])


async def test_it_is_looked_at_again_when_the_plan_is_executed(api: Api) -> None:
    await fill(api, 2)
    made = (await plan(api, rule="ToOne", to="000160")).json()
    await put_worker(api, "000160", permissionGroup="Cashier")
    path = f"{BOOK}/handover-plans/{made['id']}/execution"
    answer = await api.post(path, bearer=ADMINISTRATOR)

    assert (answer.status_code, flaws(answer)) == (422, [("/targets/000160", "pos-operation-712")])


async def test_where_nobody_else_sees_clients_there_is_nobody_to_hand_to(api: Api) -> None:
    await fill(api, 1)
    workers = (await api.get("settings/workers?limit=100", bearer=ADMINISTRATOR)).json()["items"]
    for key in [one["key"] for one in workers]:
        if key != "000137":
            await put_worker(api, key, permissionGroup="Cashier")
    body = {"rule": "Evenly", "storeNumber": "HOUSTON"}
    answer = await api.post(f"{BOOK}/handover-plans", body, bearer=ADMINISTRATOR)

    assert (answer.status_code, answer.json()["code"]) == (409, "nobody-to-hand-to")
