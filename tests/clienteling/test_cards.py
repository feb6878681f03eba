"""Cards of a client book and of a store: filtered, sorted, counted, paged."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shared.clienteling.cards.projection import project_cards
from shared.clienteling.memberships import ClientState, read_membership
from shared.composition import wiring
from shared.customers.customers import read_customer
from tests.api import (
    ADMINISTRATOR,
    COMPANY,
    MANAGER,
    Api,
)
from tests.clienteling.scenes import BOOK, CLIENTS, TRICIA, a_client, add, cards, know, until


async def first_names(api: Api, query: str = "", **how: Any) -> list[str]:
    return [one["name"].split()[0] for one in await cards(api, query, **how)]


@pytest.fixture
async def book(api: Api) -> Api:
    """A book with four clients of whom different things are known."""
    clients: dict[str, dict[str, Any]] = {
        "Ann": {"birthday": "1990-04-12", "interests": ["Shoes"], "favoriteBrand": "Fabrikam"},
        "Bob": {"birthday": "1985-12-30", "interests": ["Shoes", "Bikes"]},
        "Cid": {"interests": ["Bikes"], "favoriteBrand": "Contoso"},
        "Dot": {"birthday": "1996-02-29"},
    }
    for name, known in clients.items():
        made = await a_client(api, firstName=name, attributes={"orders": len(name + str(known))})
        await know(api, made["id"], **known)
    return api


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("filter=interests:eq:Shoes", ["Ann", "Bob"]),
        ("filter=interests:in:Shoes|Bikes", ["Ann", "Bob", "Cid"]),
        ("filter=interests:eq:Shoes&filter=interests:eq:Bikes", ["Bob"]),
        ("filter=favoriteBrand:eq:Contoso", ["Cid"]),
        ("filter=favoriteBrand:in:Contoso|Fabrikam", ["Ann", "Cid"]),
        ("filter=favoriteBrand:exists", ["Ann", "Cid"]),
        ("filter=birthday:ge:1990-04-12", ["Ann", "Dot"]),
        ("filter=birthday:le:1990-04-12", ["Ann", "Bob"]),
        ("filter=birthday:le:1990-04-11", ["Bob"]),
        ("filter=birthday:within:366", ["Ann", "Bob", "Dot"]),
        ("filter=orders:ge:1", ["Ann", "Bob", "Cid", "Dot"]),
        ("filter=orders:le:1", []),
        ("filter=name:prefix:a", ["Ann"]),
        ("filter=name:prefix:BO", ["Bob"]),
        ("filter=addedAt:ge:2020-01-01", ["Ann", "Bob", "Cid", "Dot"]),
        ("filter=addedAt:le:2020-01-01T00:00:00Z", []),
        ("filter=lastActivityAt:exists", []),
        ("sort=-name", ["Dot", "Cid", "Bob", "Ann"]),
        ("sort=-addedAt", ["Dot", "Cid", "Bob", "Ann"]),
        ("sort=birthday", ["Bob", "Ann", "Dot", "Cid"]),
        ("sort=-birthday", ["Dot", "Ann", "Bob", "Cid"]),
        ("sort=favoriteBrand&filter=interests:exists", ["Cid", "Ann", "Bob"]),
    ],
)
async def test_a_book_is_filtered_and_sorted(book: Api, query: str, names: list[str]) -> None:
    assert await first_names(book, query) == names
    paged = await book.every(f"{CLIENTS}?{query}&limit=1", bearer=TRICIA)
    assert [one["name"].split()[0] for one in paged] == names


async def test_facets_count_what_is_asked_for(book: Api) -> None:
    all_of_them = (await book.get(f"{CLIENTS}?facets=interests,favoriteBrand&limit=1",
                                  bearer=TRICIA)).json()  # fmt: skip
    some = (await book.get(f"{CLIENTS}?facets=interests&filter=birthday:exists",
                           bearer=TRICIA)).json()  # fmt: skip

    assert all_of_them["facets"]["interests"] == [
        {"value": "Bikes", "count": 2}, {"value": "Shoes", "count": 2},
    ]  # fmt: skip
    assert {one["value"]: one["count"] for one in all_of_them["facets"]["favoriteBrand"]} == {
        "Fabrikam": 1, "Contoso": 1,
    }  # fmt: skip
    assert some["facets"]["interests"] == [
        {"value": "Shoes", "count": 2}, {"value": "Bikes", "count": 1},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("filter=occupation:eq:Pilot", "attribute-not-refinable"),
        ("filter=nothing:eq:x", "attribute-not-refinable"),
        ("sort=occupation", "attribute-not-refinable"),
        ("facets=occupation", "attribute-not-refinable"),
        ("filter=interests", "malformed-filter"),
        ("filter=interests:eq", "malformed-filter"),
        ("filter=interests:exists:x", "malformed-filter"),
        ("filter=interests:ge:Shoes", "operator-not-possible"),
        ("filter=orders:within:3", "operator-not-possible"),
        ("filter=orders:ge:many", "wrong-type"),
        ("filter=birthday:ge:soon", "wrong-type"),
        ("filter=birthday:within:400", "wrong-type"),
        ("filter=birthday:within:-1", "wrong-type"),
        ("filter=addedAt:ge:yesterday", "wrong-type"),
    ],
)
async def test_what_cannot_be_asked_is_refused(api: Api, query: str, code: str) -> None:
    response = await api.get(f"{CLIENTS}?{query}", bearer=TRICIA)

    assert response.status_code == 422, response.text
    assert code in {response.json()["code"], response.json()["errors"][0]["code"]}


async def test_a_page_begins_behind_the_last_one_whatever_happened(api: Api) -> None:
    made = {name: await a_client(api, firstName=name) for name in ("Ann", "Bob", "Cid", "Dot")}
    first = (await api.get(f"{CLIENTS}?limit=2", bearer=TRICIA)).json()
    await api.call("DELETE", f"{CLIENTS}/{made['Bob']['id']}", bearer=TRICIA, if_match="*")
    await a_client(api, firstName="Abe")
    await a_client(api, firstName="Cyd")
    rest = await first_names(api, f"limit=10&cursor={first['nextCursor']}")

    assert [one["name"] for one in first["items"]] == ["Ann Berg", "Bob Berg"]
    assert rest == ["Cid", "Cyd", "Dot"]


async def test_the_store_sees_the_clients_of_all_who_work_there(api: Api) -> None:
    await a_client(api, firstName="Ann")
    await a_client(api, MANAGER, firstName="Bob")
    await a_client(api, firstName="Cid")
    store = await cards(api, "limit=2", path="stores/HOUSTON/clients", bearer=MANAGER)
    down = await cards(api, "sort=-name", path="stores/HOUSTON/clients", bearer=MANAGER)
    await api.put_setting("address-books", "FAR", {"name": "FAR"})
    worker = (await api.get("settings/workers/000160")).json() | {"employeeAddressBooks": ["FAR"]}
    await api.put_setting(
        "workers", "000160", {k: v for k, v in worker.items() if k != "etag"}, if_match="*"
    )
    without = await cards(api, path="stores/HOUSTON/clients", bearer=ADMINISTRATOR)

    assert [one["name"] for one in store] == ["Ann Berg", "Bob Berg"]
    assert [one["associate"]["personnelNumber"] for one in down] == ["000137", "000160", "000137"]
    assert [one["name"] for one in without] == ["Ann Berg", "Cid Berg"]


async def test_books_of_who_has_left_are_listed_until_handed_over(api: Api) -> None:
    await a_client(api)
    await api.get("client-books/000160", bearer=MANAGER)
    before = (await api.get("client-books?unattended=true", bearer=ADMINISTRATOR)).json()["items"]
    worker = (await api.get("settings/workers/000137")).json() | {"active": False}
    await api.put_setting(
        "workers", "000137", {k: v for k, v in worker.items() if k != "etag"}, if_match="*"
    )
    listed = (await api.get("client-books?unattended=true", bearer=ADMINISTRATOR)).json()["items"]
    both = (await api.get("client-books", bearer=ADMINISTRATOR)).json()["items"]
    refused = await api.get(BOOK, bearer=TRICIA)

    assert before == []
    assert [one["personnelNumber"] for one in listed] == ["000137"]
    assert [one["personnelNumber"] for one in both] == ["000137", "000160"]
    assert (refused.status_code, refused.json()["code"]) == (403, "worker-inactive")
    assert len(await cards(api, bearer=ADMINISTRATOR)) == 1


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 8])
@pytest.mark.parametrize("sort", ["name", "addedAt", "orders"])
async def test_a_store_shows_shared_clients_once_on_pages_of_every_size(
    api: Api, limit: int, sort: str
) -> None:
    await api.set_parameters(allowSeveralAssociates=True)
    names = [f"C{number}" for number in range(6)]
    for number, name in enumerate(names):
        made = await a_client(api, MANAGER, firstName=name, attributes={"orders": number % 2})
        await add(api, made["id"])
    found = await api.every(f"stores/HOUSTON/clients?limit={limit}&sort={sort}", bearer=MANAGER)

    assert sorted(one["name"].split()[0] for one in found) == names


async def test_a_store_finds_a_shared_client_by_what_either_knows(api: Api) -> None:
    await api.set_parameters(allowSeveralAssociates=True)
    made = await a_client(api, MANAGER)
    await add(api, made["id"])
    await know(api, made["id"], favoriteBrand="Contoso")
    query = "filter=favoriteBrand:eq:Contoso&facets=favoriteBrand"
    page = (await api.get(f"stores/HOUSTON/clients?{query}", bearer=MANAGER)).json()

    assert [one["associate"]["personnelNumber"] for one in page["items"]] == ["000137"]
    assert page["facets"] == {"favoriteBrand": [{"value": "Contoso", "count": 1}]}


async def test_a_value_of_another_type_than_today_is_shown_as_it_is(api: Api) -> None:
    made = await a_client(api)
    await know(api, made["id"], favoriteBrand="Contoso")
    group: dict[str, Any] = {"name": "ClientBook", "members": []}
    brand = {"name": "favoriteBrand", "attributeType": "Date", "refinable": True}
    await api.put_setting("attribute-groups", "ClientBook", group, if_match="*")
    await api.put_setting("attributes", "favoriteBrand", brand, if_match="*")
    group = group | {"members": [{"attribute": "favoriteBrand"}]}
    await api.put_setting("attribute-groups", "ClientBook", group, if_match="*")
    [card] = await cards(api)

    assert [one["value"] for one in card["slots"]] == ["Contoso"]


async def test_a_late_writer_brings_no_card_back(api: Api) -> None:
    made = await a_client(api)
    path = f"{CLIENTS}/{made['id']}"
    context = wiring.backend().context(COMPANY, "employee:000137", datetime.now(UTC))
    await api.call("DELETE", path, bearer=TRICIA, if_match="*")
    await add(api, made["id"])
    membership = await read_membership(made["id"], context)
    customer = (await read_customer(made["id"], context=context)).value
    await api.call("DELETE", path, bearer=TRICIA, if_match="*")
    await project_cards(made["id"], context=context)
    await project_cards(made["id"], context=context, state=ClientState(membership, customer))

    assert await cards(api) == []


async def test_one_value_of_an_attribute_of_several_is_a_list(api: Api) -> None:
    made = await a_client(api, attributes={"interests": "Bikes"})
    await know(api, made["id"], interests="Shoes")
    [card] = await cards(api, "filter=interests:eq:Shoes")

    assert card["attributes"] == {"interests": ["Shoes"]}
    assert (await api.get(f"customers/{made['id']}")).json()["attributes"] == {
        "interests": ["Bikes"]
    }


async def test_the_version_of_a_card_is_of_all_that_it_shows(api: Api) -> None:
    made = await a_client(api)
    path = f"{CLIENTS}/{made['id']}"
    first = await api.get(path, bearer=TRICIA)
    etag = first.headers["etag"]
    same = await api.get(path, bearer=TRICIA, if_none_match=etag)
    await api.call("PATCH", f"customers/{made['id']}", {"firstName": "Zoe"}, if_match="*")

    async def changed() -> bool:
        return (await api.get(path, bearer=TRICIA, if_none_match=etag)).status_code == 200

    await until(changed)
    edited = await api.call(
        "PATCH", path, {"attributes": {"favoriteBrand": "X"}}, bearer=TRICIA, if_match=etag
    )

    assert same.status_code == 304
    assert edited.status_code == 200, "the pair itself has not changed"


@pytest.mark.parametrize(
    "query",
    [
        "filter=addedAt:le:9999-12-31T23:59:59-01:00",
        "filter=addedAt:ge:0001-01-01T00:00:00%2B01:00",
    ],
)
async def test_moments_that_cannot_be_reckoned_are_refused(api: Api, query: str) -> None:
    response = await api.get(f"{CLIENTS}?{query}", bearer=TRICIA)

    assert response.status_code == 422, response.text


async def test_a_day_is_all_of_it_in_the_zone_of_the_store(api: Api) -> None:
    await a_client(api, firstName="Ann")
    today = datetime.now(ZoneInfo("America/Chicago")).date()

    assert await first_names(api, f"filter=addedAt:le:{today}") == ["Ann"]
    assert await first_names(api, f"filter=addedAt:ge:{today}") == ["Ann"]
    assert await first_names(api, f"filter=addedAt:le:{today - timedelta(days=1)}") == []


async def test_names_of_any_length_are_paged(api: Api) -> None:
    for number in range(3):
        await a_client(
            api, firstName=f"{number}" + "字" * 90, middleName="字" * 100, lastName="字" * 100
        )
    first = (await api.get(f"{CLIENTS}?limit=1", bearer=TRICIA)).json()

    assert len(await cards(api, f"limit=5&cursor={first['nextCursor']}")) == 2
