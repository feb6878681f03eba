"""Values of measures that are imported over HTTP."""

import asyncio
from typing import Any

import httpx
import pytest

from shared.composition import wiring
from shared.measures.imported import load_measures
from shared.ports.insights import Client
from tests.api import ADMINISTRATOR, APPLICATION, COMPANY, MANAGER, Api
from tests.measures.scenes import define, health_of, patched

NOBODY = "3f0c0000-0000-4000-8000-000000000000"


async def load(api: Api, name: str, values: Any, **how: Any) -> httpx.Response:
    return await api.call("PUT", f"measures/{name}", {"values": values}, **how)


async def values_of(api: Api, customer: dict[str, Any]) -> dict[str, Any]:
    return dict((await load_measures(api.documents, COMPANY, customer["id"])).values)


async def test_imported_values_need_no_customer_insights(api: Api) -> None:
    await define(api)
    karen, tom = await api.create(), await api.create(firstName="Tom")
    by_number = {karen["accountNumber"]: 7, tom["id"].upper(): 1}
    loaded = await load(api, "Orders", by_number | {NOBODY: 1, "no/body": 2})
    await load(api, "LifetimeSpend", {karen["id"]: 1234.5}, bearer=ADMINISTRATOR)
    await load(api, "Favourite", {karen["id"]: "Shoes"})
    enabled = await patched(api, enabled=True, measures=["LifetimeSpend", "Orders"])
    imported = await values_of(api, karen)
    clients = [Client(karen["id"], karen["accountNumber"], imported)]
    page = await wiring.backend().measures.page(COMPANY, clients)

    assert loaded.json() == {"written": 2, "unchanged": 0, "unknown": [NOBODY, "no/body"]}
    assert imported == {"Orders": 7, "LifetimeSpend": 1234.5, "Favourite": "Shoes"}
    assert await values_of(api, tom) == {"Orders": 1}
    assert enabled.status_code == 200, enabled.text
    assert page.values == {karen["id"]: {"LifetimeSpend": 1234.5, "Orders": 7}}
    assert (await health_of(api))["status"] == "ok"


async def test_a_measure_to_show_must_be_defined_where_values_are_imported(api: Api) -> None:
    await define(api)
    response = await patched(api, enabled=True, measures=["Orders", "Shoes"])

    [error] = response.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/customerInsights/measures/1", "measure-unknown")


async def test_the_same_import_again_changes_nothing(api: Api) -> None:
    await define(api)
    karen, tom = await api.create(), await api.create(firstName="Tom")
    await load(api, "Orders", {karen["id"]: 7, tom["id"]: 1})
    before = await api.documents.read("customers", (karen["id"], COMPANY), "measures")
    again = await load(api, "Orders", {karen["id"]: 7, tom["id"]: 2})
    after = await api.documents.read("customers", (karen["id"], COMPANY), "measures")

    assert again.json() == {"written": 1, "unchanged": 1, "unknown": []}
    assert before
    assert after
    assert after.etag == before.etag
    fields = {"id", "type", "customerId", "values"}
    assert {name: after.body[name] for name in fields} == {
        "id": "measures", "type": "measures", "customerId": karen["id"], "values": {"Orders": 7},
    }  # fmt: skip


async def test_imports_of_several_measures_at_once_lose_nothing(api: Api) -> None:
    await define(api)
    people = [await api.create(firstName=f"Karen{number}") for number in range(5)]
    loaded = await asyncio.gather(
        *(
            load(api, name, {one["id"]: value for one in people})
            for name, value in (("Orders", 1), ("Score", 0.5), ("Favourite", "Bikes"))
        )
    )

    assert [one.json()["written"] for one in loaded] == [5, 5, 5]
    for one in people:
        assert await values_of(api, one) == {"Orders": 1, "Score": 0.5, "Favourite": "Bikes"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Orders", 1.5), ("Orders", "7"), ("Orders", True), ("Orders", 2**60), ("Orders", None),
        ("LifetimeSpend", "much"), ("Favourite", 7), ("Favourite", ""), ("Favourite", "x" * 251),
        ("Score", [1]),
    ],
)  # fmt: skip
async def test_values_are_of_the_type_of_their_measure(api: Api, name: str, value: Any) -> None:
    await define(api)
    karen = await api.create()
    response = await load(api, name, {karen["accountNumber"]: value})

    assert response.status_code == 422, response.text
    pointers = {error["pointer"] for error in response.json()["errors"]}
    assert pointers == {f"/values/{karen['accountNumber']}"}
    assert await values_of(api, karen) == {}


async def test_an_import_has_a_size_and_a_measure(api: Api) -> None:
    await define(api)
    many = {f"{number:06}": 1 for number in range(1001)}

    assert (await load(api, "Orders", {})).status_code == 422
    assert (await load(api, "Orders", many)).status_code == 422
    nothing = await load(api, "Shoes", {"004021": 1})
    assert (nothing.status_code, nothing.json()["code"]) == (404, "measure-not-defined")
    assert (await load(api, "Orders", {"004021": 1}, bearer=MANAGER)).status_code == 403
    assert (await load(api, "Orders", {"004021": 1}, bearer=APPLICATION)).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"dataType": "Currency"},
        {"dataType": "Integer", "currency": "USD"},
        {"dataType": "Currency", "currency": "XXX"},
        {"dataType": "Date"},
        {"dataType": "Text", "translations": {"German": "x"}},
    ],
)
async def test_a_definition_makes_sense(api: Api, body: dict[str, Any]) -> None:
    response = await api.put_setting("measures", "m", {"name": "m", "label": "M"} | body)

    assert response.status_code == 422


async def test_a_definition_that_is_shown_is_kept(api: Api) -> None:
    await define(api)
    await patched(api, enabled=True, measures=["Orders"])
    path = "settings/measures/Orders"
    shown = await api.call("DELETE", path, bearer=ADMINISTRATOR, if_match="*")
    await patched(api, measures=["Score"])
    gone = await api.call("DELETE", path, bearer=ADMINISTRATOR, if_match="*")

    assert (shown.status_code, shown.json()["usedBy"]) == (409, ["parameters/parameters"])
    assert gone.status_code == 204
