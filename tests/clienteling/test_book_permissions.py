"""Client books that may not be read or changed, and who wins a race for a client."""

import asyncio
from typing import Any

import httpx
import pytest

from local.tokens import Bearer
from tests.api import (
    ADMINISTRATOR,
    APPLICATION,
    CASHIER,
    COMPANY,
    MANAGER,
    Api,
)
from tests.clienteling.scenes import BOOK, CLIENTS, a_client, add, cards


async def test_without_the_feature_there_are_no_books(api: Api) -> None:
    await api.switch("clienteling", False)
    for path in (BOOK, CLIENTS, "stores/HOUSTON/clients"):
        response = await api.get(path, bearer=ADMINISTRATOR)
        assert (response.status_code, response.json()["code"]) == (409, "feature-off")


NEEDS: dict[int, list[tuple[str, str, Any]]] = {
    712: [("GET", "client-books/000110", None), ("GET", "client-books/000110/clients", None)],
    713: [("GET", BOOK, None), ("GET", CLIENTS, None), ("GET", "stores/HOUSTON/clients", None)],
    714: [
        ("POST", "client-books/000110/clients", {"customerIds": ["KEY"]}),
        ("PATCH", "client-books/000110/clients/KEY", {"attributes": {}}),
    ],
    715: [("DELETE", "client-books/000110/clients/KEY", None)],
}


@pytest.mark.parametrize(
    ("number", "method", "path", "body"),
    [(number, *one) for number, ones in NEEDS.items() for one in ones],
)
async def test_every_permission_is_its_own(
    api: Api, number: int, method: str, path: str, body: Any
) -> None:
    made = await api.create()
    how: dict[str, Any] = {} if method in {"GET", "POST"} else {"if_match": "*"}
    body = {"customerIds": [made["id"]]} if method == "POST" else body
    path = path.replace("KEY", made["id"])
    everything = [600, 602, 603, 612, 623, 712, 713, 714, 715, 716]
    for allowed in (False, True):
        operations = [one for one in everything if one != number] if not allowed else everything
        group = {"name": "Cashier", "operations": operations}
        await api.put_setting("permission-groups", "Cashier", group, if_match="*")
        response = await api.call(method, path, body, bearer=CASHIER, **how)
        if allowed:
            assert response.status_code in {200, 201, 204, 404}, response.text
        else:
            assert (response.status_code, response.json()["code"]) == (
                403, f"pos-operation-{number}",
            )  # fmt: skip


async def test_nobody_changes_anothers_book(api: Api) -> None:
    made = await a_client(api)
    answers = [
        await api.post(CLIENTS, {"customerIds": [made["id"]]}, bearer=MANAGER),
        await api.call("PATCH", f"{CLIENTS}/{made['id']}", {"attributes": {}}, bearer=MANAGER,
                       if_match="*"),
        await api.call("DELETE", f"{CLIENTS}/{made['id']}", bearer=MANAGER, if_match="*"),
    ]  # fmt: skip
    stranger = Bearer("Employee", (COMPANY,), personnel_number="000160", store_number="NOWHERE")
    answers.append(await api.get(CLIENTS, bearer=stranger))
    application = await api.get(CLIENTS, bearer=APPLICATION)

    for response in answers:
        assert (response.status_code, response.json()["code"]) == (403, "not-your-client-book")
    assert application.status_code == 403


async def test_of_fifty_who_add_at_once_one_wins(api: Api) -> None:
    made = await api.create()
    await api.set_parameters(trustUnregisteredWorkers=True)
    associates = [f"1{number:05}" for number in range(50)]

    async def try_it(number: str) -> httpx.Response:
        bearer = Bearer("Employee", (COMPANY,), personnel_number=number, store_number="HOUSTON")
        return await add(api, made["id"], bearer=bearer)

    answers = await asyncio.gather(*(try_it(number) for number in associates))
    won = [one for one, answer in zip(associates, answers, strict=True)
           if answer.status_code == 201]  # fmt: skip
    holders = {answer.json()["holder"]["personnelNumber"] for answer in answers
               if answer.status_code == 409}  # fmt: skip

    assert sorted({answer.status_code for answer in answers}) == [201, 409]
    assert len(won) == 1
    assert holders == set(won)
    for number in associates:
        found = await cards(api, path=f"client-books/{number}/clients", bearer=ADMINISTRATOR)
        assert len(found) == (number in won)
