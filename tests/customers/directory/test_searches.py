"""Finding customers while typing, and listing them."""

import asyncio

import pytest

from tests.api import ADMINISTRATOR, MANAGER, Api, a_phone, an_address, an_email


@pytest.fixture
async def people(api: Api) -> Api:
    """Four customers whose words overlap."""
    await api.create(
        firstName="Jon", lastName="Yang",
        contacts=[an_email("jon24@adventure-works.com"), an_email("yang@home.example"),
                  a_phone("(206) 555-0123"), a_phone("+44 20 7946 0958")],
        addresses=[an_address(street="12 Harbour Road", city="Rockhampton", postalCode="4700")],
    )  # fmt: skip
    await api.create(firstName="Jonathan", lastName="Yang", addresses=[an_address(city="Perth")])
    await api.create(firstName="Yolanda", lastName="Jones", contacts=[an_email("yj@example.com")])
    await api.create(firstName="Łukasz", lastName="Müller-Lüdenscheidt", middleName="José")
    return api


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("yang jon", ["Jon Yang", "Jonathan Yang"]),
        ("jon yang", ["Jon Yang", "Jonathan Yang"]),
        ("YAN JONA", ["Jonathan Yang"]),
        ("jon", ["Jon Yang", "Jonathan Yang", "Yolanda Jones"]),
        ("jo", ["Jon Yang", "Jonathan Yang", "Yolanda Jones", "Łukasz José Müller-Lüdenscheidt"]),
        ("yj", ["Yolanda Jones"]),
        ("jon y", ["Jon Yang", "Jonathan Yang", "Yolanda Jones"]),
        ("jon24@", ["Jon Yang"]),
        ("yang jo", ["Jon Yang", "Jonathan Yang"]),
        ("jon jo", ["Jon Yang", "Jonathan Yang", "Yolanda Jones"]),
        ("yang yan", ["Jon Yang", "Jonathan Yang"]),
        ("jon24@adventure.w", []),
        ("yang j", ["Jon Yang", "Jonathan Yang"]),
        ("JON24@Adventure-Works.com", ["Jon Yang"]),
        ("yang@home", ["Jon Yang"]),
        ("rockhamp", ["Jon Yang"]),
        ("yang rockhampton", ["Jon Yang"]),
        ("yang 4700", ["Jon Yang"]),
        ("harbour jon rockhampton", ["Jon Yang"]),
        ("harbour perth", []),
        ("lukasz", ["Łukasz José Müller-Lüdenscheidt"]),
        ("ŁUKASZ muller", ["Łukasz José Müller-Lüdenscheidt"]),
        ("ludenscheidt jose", ["Łukasz José Müller-Lüdenscheidt"]),
        ("2065550123", ["Jon Yang"]),
        ("(206) 555-0123", ["Jon Yang"]),
        ("+1 206 555", ["Jon Yang"]),
        ("206555", ["Jon Yang"]),
        ("0123", ["Jon Yang"]),
        ("555-0123", ["Jon Yang"]),
        ("7946 0958", ["Jon Yang"]),
        ("442079", ["Jon Yang"]),
        ("123", []),
        ("206 555", ["Jon Yang"]),
        ("206.555", ["Jon Yang"]),
        ("55 0123", ["Jon Yang"]),
        ("12 4700", ["Jon Yang"]),
        ("12-4700 harbour", ["Jon Yang"]),
        ("jon.yang", ["Jon Yang", "Jonathan Yang"]),
        ("yang 0123", ["Jon Yang"]),
        ("nobody", []),
        ("jon nobody", []),
        ("%%%", []),
    ],
)
async def test_words_find_customers(people: Api, query: str, names: list[str]) -> None:
    assert await people.names(query.replace("+", "%2B").replace("%%%", "%25%25")) == names


async def test_a_customer_is_found_by_its_account_number(people: Api) -> None:
    made = await people.create(firstName="Zoe")

    assert await people.names(made["accountNumber"]) == ["Zoe Berg"]
    await people.put_setting("number-sequences", "C", {"code": "C", "format": "C-######"})
    await people.set_parameters(customerNumberSequence="C")
    other = await people.create(firstName="Zack")
    assert other["accountNumber"] == "C-000001"
    assert (await people.names("C-000001"))[0] == "Zack Berg"
    assert await people.names("c-000001&by=account") == ["Zack Berg"]


@pytest.mark.parametrize(
    ("by", "query", "found"),
    [
        ("name", "jon", 3), ("email", "jon", 1), ("phone", "206555", 1), ("phone", "jon", 0),
        ("address", "jon", 0), ("address", "4700", 1), ("account", "4700", 0), ("name", "4700", 0),
    ],
)  # fmt: skip
async def test_by_narrows_to_one_field(people: Api, by: str, query: str, found: int) -> None:
    assert len(await people.names(f"{query}&by={by}")) == found


async def test_a_hit_says_what_matched(people: Api) -> None:
    async def match(query: str) -> list[dict[str, str]]:
        found: list[dict[str, str]] = (await people.get(f"customers?q={query}")).json()["items"][0][
            "match"
        ]
        return found

    assert await match("0958") == [
        {"field": "phone", "value": "+44 20 7946 0958", "term": "0958"}
    ], "the secondary one"
    assert await match("yang@h") == [
        {"field": "email", "value": "yang@home.example", "term": "yang@h"}
    ]
    assert {(one["field"], one["term"]) for one in await match("rock jon")} == {
        ("address", "rock"),
        ("name", "jon"),
    }


async def test_a_page_shows_each_customer_once(people: Api) -> None:
    for n in range(30):
        await people.create(firstName="Jonny", lastName=f"Jonson{n:02}")
    seen: list[str] = []
    cursor = ""
    while True:
        page = (await people.get(f"customers?q=jon&limit=7{cursor}")).json()
        assert len(page["items"]) <= 7
        seen += [item["id"] for item in page["items"]]
        if page["nextCursor"] is None:
            break
        cursor = f"&cursor={page['nextCursor']}"

    assert len(seen) == len(set(seen)) == 33


async def test_both_words_exactly_come_first_among_many(people: Api) -> None:
    for n in range(25):
        await people.create(firstName=f"Jona{n:02}", lastName="Yang")
    names = await people.names("yang jon")

    assert names[0] == "Jon Yang"
    assert len(names) == 27


async def test_edits_are_found_at_once_and_what_was_is_not(people: Api) -> None:
    made = await people.create(firstName="Ada", lastName="Smith", contacts=[an_email("a@x.org")])
    path = f"customers/{made['id']}"
    await people.call("PATCH", path, {"lastName": "Lovelace"}, if_match="*")
    await people.post(f"{path}/contacts", a_phone("(415) 555-0777"))
    await people.post(f"{path}/addresses", an_address(city="Porlock"))

    assert await people.names("smith") == []
    for query in ("lovelace", "ada lovelace", "a@x.org", "0777", "porlock", "ada porlock"):
        assert await people.names(query) == ["Ada Lovelace"], query
    [item] = (await people.get("customers?q=lovelace")).json()["items"]
    assert item["primaryPhone"] == "(415) 555-0777"
    assert "etag" not in item, "it is not rewritten by every edit"


async def test_local_scope_shows_customers_of_the_stores_books(people: Api) -> None:
    await people.create(firstName="Jonas", addressBooks=["USRSW"])

    assert "Jonas Berg" in await people.names("jon")
    assert await people.names("jonas&store=HOUSTON") == []
    assert await people.names("jonas&store=SANFRAN") == ["Jonas Berg"]
    assert await people.names("jonas&store=HOUSTON&scope=company") == ["Jonas Berg"]
    newest = (await people.get("customers?store=SANFRAN")).json()["items"]
    assert [item["name"] for item in newest] == ["Jonas Berg"]
    assert (await people.get("customers?q=j&scope=local")).status_code == 422
    assert "Jonas Berg" not in await people.names("jon&scope=local", bearer=MANAGER), "her store"
    assert (await people.get("customers?store=NOWHERE")).status_code == 422


async def test_without_words_the_newest_come_first(people: Api) -> None:
    first = (await people.get("customers?limit=3")).json()
    rest = (await people.get(f"customers?limit=3&cursor={first['nextCursor']}")).json()
    names = [item["name"] for item in first["items"] + rest["items"]]

    assert names[:2] == ["Łukasz José Müller-Lüdenscheidt", "Yolanda Jones"]
    assert names[-1] == "Default Customer"
    assert len(names) == 5
    assert rest["nextCursor"] is None


async def test_a_search_costs_one_query(people: Api) -> None:
    for query, queries in {"rockhamp": 1, "yang jon": 1, "jon24@": 1, "206555": 1}.items():
        response = await people.get(f"customers?q={query}", bearer=ADMINISTRATOR)
        assert f"queries={queries} " in response.headers["Server-Timing"], query


async def test_entries_that_were_never_written_are_written_by_the_feed(api: Api) -> None:
    with api.crashing_before_the_directory():
        made = await api.create(firstName="Phoenix")
        assert await api.names("phoenix") == []
    # A feed that came in between has died, too; the host repeats it after five seconds.
    for _ in range(300):
        if await api.names("phoenix"):
            break
        await asyncio.sleep(0.05)

    assert await api.names("phoenix") == ["Phoenix Berg"]
    assert (await api.get(f"customers/{made['accountNumber']}")).status_code == 200


async def test_entries_of_an_edit_that_was_cut_off_do_not_linger(api: Api) -> None:
    path = f"customers/{(await api.create(firstName='Before'))['id']}"
    with api.crashing_before_the_directory():
        await api.call("PATCH", path, {"firstName": "Between"}, if_match="*")
    await api.call("PATCH", path, {"firstName": "After"}, if_match="*")

    assert await api.names("after") == ["After Berg"]
    assert await api.names("before") == []
    assert await api.names("between") == []


async def test_an_employee_searches_by_pos_operation_602(api: Api) -> None:
    await api.create()

    assert await api.names("karen", bearer=MANAGER) == ["Karen Berg"]
