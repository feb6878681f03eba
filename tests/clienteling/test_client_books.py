"""Client books: made, filled, read, filtered, edited, handed over, and who may do which."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from local.tokens import Bearer
from shared.clienteling.cards.projection import project_cards
from shared.clienteling.memberships import ClientState, read_membership
from shared.composition import wiring
from shared.customers.customers import read_customer
from tests.api import (
    ADMINISTRATOR,
    APPLICATION,
    CASHIER,
    COMPANY,
    MANAGER,
    Api,
    a_phone,
    an_email,
)

TRICIA = Bearer("Employee", (COMPANY,), personnel_number="000137", store_number="HOUSTON")
BOOK = "client-books/000137"
CLIENTS = f"{BOOK}/clients"
REASSIGN = f"{BOOK}/reassignments"


async def add(api: Api, *keys: str, bearer: Bearer = TRICIA) -> httpx.Response:
    path = f"client-books/{bearer.personnel_number}/clients"
    return await api.post(path, {"customerIds": list(keys)}, bearer=bearer)


async def a_client(api: Api, bearer: Bearer = TRICIA, **but: Any) -> dict[str, Any]:
    made = await api.create(**but)
    response = await add(api, made["id"], bearer=bearer)
    assert response.status_code == 201, response.text
    return made


async def know(api: Api, key: str, **attributes: Any) -> httpx.Response:
    return await api.call(
        "PATCH", f"{CLIENTS}/{key}", {"attributes": attributes}, bearer=TRICIA, if_match="*"
    )


async def cards(api: Api, query: str = "", path: str = CLIENTS, **how: Any) -> list[dict[str, Any]]:
    response = await api.get(f"{path}?{query}", **({"bearer": TRICIA} | how))
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items


async def first_names(api: Api, query: str = "", **how: Any) -> list[str]:
    return [one["name"].split()[0] for one in await cards(api, query, **how)]


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(20):
        while not await condition():
            await asyncio.sleep(0.05)


async def test_a_book_is_made_on_first_use_with_an_id_of_its_own(api: Api) -> None:
    books = [
        (await api.get("client-books/000137", bearer=TRICIA)).json(),
        (await api.get("client-books/000137", bearer=TRICIA)).json(),
        (await api.get("client-books/000160", bearer=MANAGER)).json(),
    ]

    assert books[0] == books[1]
    assert (books[0]["id"], books[2]["id"]) == ("CB-000001", "CB-000002")
    assert (books[0]["name"], books[0]["active"]) == ("Tricia Fejfar", True)


async def test_a_client_is_on_a_card_at_once(api: Api) -> None:
    made = await a_client(api, contacts=[an_email(), a_phone()])
    [card] = await cards(api)
    one = await api.get(f"{CLIENTS}/{made['accountNumber']}", bearer=TRICIA)

    assert card["customerId"] == made["id"]
    assert (card["accountNumber"], card["name"]) == (made["accountNumber"], "Karen Berg")
    assert (card["primaryEmail"], card["primaryPhone"]) == ("karen@example.com", "(206) 555-0123")
    assert card["associate"] == {"personnelNumber": "000137", "name": "Tricia Fejfar"}
    assert (card["slots"], card["lastActivityAt"]) == ([], None)
    assert one.json() == card
    assert one.headers["etag"] == f'"{card["etag"]}"'


async def test_a_customer_is_in_one_book(api: Api) -> None:
    made = await a_client(api)
    again = await add(api, made["id"])
    other = await add(api, made["id"], bearer=MANAGER)

    assert (again.status_code, again.json()["results"][0]["status"]) == (200, "AlreadyThere")
    assert (other.status_code, other.json()["code"]) == (409, "client-in-another-book")
    assert other.json()["holder"] == {"personnelNumber": "000137", "name": "Tricia Fejfar"}
    assert await cards(api, path="client-books/000160/clients", bearer=MANAGER) == []


async def test_several_are_answered_one_by_one(api: Api) -> None:
    mine, theirs = await a_client(api), await a_client(api, MANAGER)
    gone, free = await api.create(), await api.create()
    await api.call("DELETE", f"customers/{gone['id']}", bearer=ADMINISTRATOR, if_match="*")
    keys = [mine["id"], theirs["id"], gone["id"], free["accountNumber"], "nobody"]
    response = await add(api, *keys)
    results = response.json()["results"]

    assert response.status_code == 201
    assert [one["customerId"] for one in results] == keys
    assert [one["status"] for one in results] == [
        "AlreadyThere", "Refused", "Refused", "Added", "Refused",
    ]  # fmt: skip
    assert [one["code"] for one in results if one["code"]] == [
        "client-in-another-book", "customer-inactive", "customer-not-found",
    ]  # fmt: skip
    assert [response.json()[name] for name in ("done", "alreadyThere", "refused")] == [1, 1, 3]


async def test_where_several_may_have_her_one_is_the_primary(api: Api) -> None:
    await api.set_parameters(allowSeveralAssociates=True)
    made = await a_client(api)
    both = await add(api, made["id"], bearer=MANAGER)
    store = await cards(api, path="stores/HOUSTON/clients", bearer=MANAGER)
    await api.call("DELETE", f"{CLIENTS}/{made['id']}", bearer=TRICIA, if_match="*")
    left = await cards(api, path="stores/HOUSTON/clients", bearer=MANAGER)

    assert both.status_code == 201
    assert [one["associate"]["personnelNumber"] for one in store] == ["000137"]
    assert [one["associate"]["personnelNumber"] for one in left] == ["000160"]


async def test_a_pending_customer_can_be_a_client_and_gets_her_number(api: Api) -> None:
    pending = (await api.post("customers", {"storeNumber": "HOUSTON", "lastName": "Berg"},
                              prefer="respond-async")).json()  # fmt: skip
    response = await add(api, pending["id"])

    async def has_number() -> bool:
        [card] = await cards(api)
        return card["accountNumber"] is not None and card["displayAccount"] == card["accountNumber"]

    assert response.status_code == 201
    await until(has_number)


async def test_cards_follow_the_customer(api: Api) -> None:
    made = await a_client(api)
    body = {"firstName": "Carina", "attributes": {"birthday": "1990-04-12"}}
    await api.call("PATCH", f"customers/{made['id']}", body, if_match="*")

    async def follows() -> bool:
        [card] = await cards(api)
        return card["name"] == "Carina Berg" and [one["raw"] for one in card["slots"]] == [
            "1990-04-12"
        ]

    await until(follows)


async def test_who_is_deactivated_leaves_the_book_for_good(api: Api) -> None:
    made = await a_client(api)
    await api.call("DELETE", f"customers/{made['id']}", bearer=ADMINISTRATOR, if_match="*")
    after = await cards(api)
    refused = await add(api, made["id"])
    await api.post(f"customers/{made['id']}/restoration", bearer=ADMINISTRATOR)

    assert after == []
    assert (refused.status_code, refused.json()["code"]) == (409, "customer-inactive")
    assert await cards(api) == []
    assert (await add(api, made["id"])).status_code == 201
    assert len(await cards(api)) == 1


async def test_what_an_associate_knows_is_merged_and_judged(api: Api) -> None:
    made = await a_client(api, attributes={"birthday": "1990-04-12"})
    await know(api, made["id"], interests=["Shoes", "Handbags"], favoriteBrand="Fabrikam")
    changed = await know(api, made["id"], favoriteBrand=None)
    wrong = await know(api, made["id"], interests=["Knives"])
    path = f"{CLIENTS}/{made['id']}"
    stale = await api.call("PATCH", path, {"attributes": {}}, bearer=TRICIA, if_match='"pair-1"')
    careless = await api.call("PATCH", path, {"attributes": {}}, bearer=TRICIA)
    right = await api.call(
        "PATCH", path, {"attributes": {"favoriteBrand": "Contoso"}},
        bearer=TRICIA, if_match=changed.headers["etag"],
    )  # fmt: skip

    assert changed.json()["attributes"] == {"interests": ["Shoes", "Handbags"]}
    assert [one["name"] for one in changed.json()["slots"]] == ["birthday", "interests"]
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (422, "not-in-list")
    assert stale.status_code == 412
    assert careless.status_code == 428
    assert right.json()["attributes"]["favoriteBrand"] == "Contoso"
    assert (await api.get(f"customers/{made['id']}")).json()["attributes"] == {
        "birthday": "1990-04-12"
    }


async def test_slots_speak_the_language_of_the_reader(api: Api) -> None:
    made = await a_client(api)
    await know(api, made["id"], birthday="1990-04-12", favoriteBrand="Fabrikam")

    async def slots(**headers: str) -> list[tuple[str, str]]:
        [card] = await cards(api, **headers)
        return [(one["label"], one["value"]) for one in card["slots"]]

    assert await slots() == [("Birthday", "Apr 12, 1990"), ("Favorite brand", "Fabrikam")]
    assert await slots(accept_language="de, en;q=0.5") == [
        ("Birthday", "12.04.1990"), ("Favorite brand", "Fabrikam"),
    ]  # fmt: skip
    assert await slots(accept_language="es-MX;q=0.9, xx") == [
        ("Birthday", "12 abr 1990"), ("Marca favorita", "Fabrikam"),
    ]  # fmt: skip


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
    paged: list[str] = []
    cursor = ""
    for _ in range(len(names) + 1):
        page = (await book.get(f"{CLIENTS}?{query}&limit=1{cursor}", bearer=TRICIA)).json()
        paged += [one["name"].split()[0] for one in page["items"]]
        if page["nextCursor"] is None:
            break
        cursor = f"&cursor={page['nextCursor']}"
    assert paged == names


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
    found: list[str] = []
    cursor = ""
    while True:
        path = f"stores/HOUSTON/clients?limit={limit}&sort={sort}{cursor}"
        page = (await api.get(path, bearer=MANAGER)).json()
        found += [one["name"].split()[0] for one in page["items"]]
        if page["nextCursor"] is None:
            break
        cursor = f"&cursor={page['nextCursor']}"

    assert sorted(found) == names


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
