"""Client books: made, filled, edited, and found when their associate has left."""

from tests.api import (
    ADMINISTRATOR,
    MANAGER,
    Api,
    a_phone,
    an_email,
)
from tests.clienteling.scenes import BOOK, CLIENTS, TRICIA, a_client, add, cards, know, until

REASSIGN = f"{BOOK}/reassignments"


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
