"""What one customer puts into the directory is bounded, whatever is written."""

from itertools import product
from string import ascii_lowercase
from typing import Any

import pytest

from shared.customers.domain.directory import MAX_DOCUMENTS, listing_bucket
from shared.ports.documents import Put, Replace
from tests.api import COMPANY, Api, a_phone, an_address, an_email
from tests.privacy.scenes import erase, leftovers

PAIRS = ["".join(pair) for pair in product(ascii_lowercase, repeat=2)]
STALE = "zzzstale"
UNBOUNDED = 2  # the edition of the directory before there were bounds


def short_words(first: int, count: int) -> str:
    return " ".join(PAIRS[first : first + count])


def contacts() -> list[dict[str, Any]]:
    phones = [a_phone(f"+1 713 {555 + n:03} {1000 + 37 * n:04} x{n + 1}") for n in range(24)]
    return [*phones, a_phone("+1 206 555 0199", primary=True)] + [
        an_email(f"box{n}@example.com", primary=n == 24) for n in range(25)
    ]


async def the_largest(api: Api) -> Any:
    """Create a customer of all that a body can hold."""
    return await api.post(
        "customers?allowDuplicate=true",
        {
            "storeNumber": "HOUSTON",
            "firstName": short_words(0, 33),
            "middleName": short_words(33, 33),
            "lastName": short_words(66, 33),
            "contacts": contacts(),
            "addresses": [
                an_address(street=short_words(100 + 3 * n, 60), city=f"Town{n}") for n in range(40)
            ],
        },
    )


USES = 5  # of settings, which are written in the same way


def scattered(response: Any) -> int:
    return int(response.headers["Server-Timing"].rpartition("scattered=")[2].split()[0].rstrip('"'))


async def documents_of(api: Api, text: str) -> int:
    """Return how many documents of the directory have the text in them."""
    found = await leftovers(api, lambda document: text.encode() in document)
    return sum(one.startswith("directory ") and "setting-use" not in one for one in found)


async def test_the_largest_customer_writes_no_more_than_there_may_be(api: Api) -> None:
    created = await the_largest(api)
    customer = created.json()
    kept = await documents_of(api, customer["id"])
    path = f"customers/{customer['id']}"
    renamed = await api.call("PATCH", path, {"lastName": "Zzyx"}, if_match="*")
    first = await api.call("PATCH", path, {"firstName": "Qqxa"}, if_match="*")

    assert created.status_code == 201
    assert 200 < scattered(created) <= MAX_DOCUMENTS + USES
    assert 200 < kept <= MAX_DOCUMENTS
    assert scattered(renamed) <= 2 * MAX_DOCUMENTS
    assert scattered(first) <= 2 * MAX_DOCUMENTS, "put under another name, and removed"
    assert customer["notSearchable"] == ["address", "name", "phone"]


async def test_what_matters_most_of_the_largest_is_found(api: Api) -> None:
    customer = (await the_largest(api)).json()
    name = customer["name"]
    found = {
        query: await api.names(query)
        for query in (PAIRS[0], PAIRS[33], PAIRS[66], PAIRS[73], "2065550199", "box24@", "box3@")
    }
    by_rest = await api.names(f"{PAIRS[74]}&by=name")

    assert found == {query: [name] for query in found}
    assert by_rest == [], "the ninth word of a name is not known"


@pytest.mark.parametrize("kind", ["firstName", "organizationName"])
async def test_eight_words_of_a_name_are_known(api: Api, kind: str) -> None:
    words = [f"word{letter}" for letter in "abcdefghi"]
    person = {"lastName": "Ullman"} if kind == "firstName" else {}
    organization = {"customerType": "Organization", "lastName": None, "firstName": None}
    others = person or organization
    made = await api.create(**({kind: " ".join(words)} | others))
    found = [bool(await api.names(word)) for word in words]
    short = await api.call(
        "PATCH", f"customers/{made['id']}", {kind: " ".join(words[:8])}, if_match="*"
    )

    assert found == [True] * 8 + [False]
    assert not person or await api.names("ullman wordh") == [short.json()["name"]]
    assert (made["notSearchable"], short.json()["notSearchable"]) == (["name"], [])


async def test_of_many_addresses_the_primary_and_the_newest_are_known(api: Api) -> None:
    made = await api.create(addresses=[an_address(city="Firsttown")])
    path = f"customers/{made['id']}"
    added = [
        (await api.post(f"{path}/addresses", an_address(city=f"Town{letter}ville"))).json()
        for letter in "abcdefghijkl"
    ]
    found = [bool(await api.names(f"town{letter}ville")) for letter in "abcdefghijkl"]
    many = (await api.get(path)).json()
    oldest = f"{path}/addresses/{added[0]['id']}"
    await api.call("PATCH", oldest, {"street": "7 Unheardof Road"}, if_match="*")
    for address in added[:2]:
        await api.call("DELETE", f"{path}/addresses/{address['id']}", if_match="*")
    few = (await api.get(path)).json()

    assert await api.names("firsttown"), "the primary one"
    assert found == [False] * 2 + [True] * 10
    assert await api.names("unheardof") == []
    assert (many["notSearchable"], few["notSearchable"]) == (["address"], [])


async def test_what_search_does_not_know_is_written_into_no_entry(api: Api) -> None:
    customer = (await the_largest(api)).json()
    path = f"customers/{customer['id']}"
    primary = (await api.get(path)).json()["primaryAddress"]["id"]
    listed = (await api.get(f"{path}/addresses?limit=100")).json()["items"]
    edited = [
        await api.call(
            "PATCH",
            f"{path}/addresses/{one['id']}",
            {"street": short_words(500 - position, 80)},
            if_match="*",
        )
        for position, one in enumerate(listed)
        if one["id"] != primary
    ]

    assert {one.status_code for one in edited} == {200}
    assert sum(scattered(one) for one in edited) == 0


async def an_old_one(api: Api) -> dict[str, Any]:
    """Create a customer of whom an earlier edition of the directory has a word more."""
    made = await api.create(firstName="Old", lastName="Timer")
    year = int(made["createdAt"][:4])
    place, entries = (listing_bucket(year), COMPANY), (f"w:{STALE[:2]}", COMPANY)
    [listing] = [
        one
        for one in (await api.documents.query("directory", place)).documents
        if one.id.endswith(made["id"])
    ]
    word = f"{STALE} old_timer {made['id']}"
    refs = f"{listing.body['refs']}\n{entries[0]}\t{word}"
    former = listing.body | {"refs": refs, "version": UNBOUNDED * 10**9 + made["version"]}
    body = {
        "id": word,
        "fields": ["name"],
        "line": listing.body["line"],
        "said": [["name", made["name"], [STALE]]],
        "books": [],
        "paired": [[], []],
    }
    await api.documents.commit("directory", entries, [Put(body)])
    await api.documents.commit("directory", place, [Replace(former, listing.etag)])
    return made


async def test_the_next_write_brings_an_old_customer_within_the_bound(api: Api) -> None:
    made = await an_old_one(api)
    before = await api.names(STALE)
    await api.call("PATCH", f"customers/{made['id']}", {"lastName": "Timely"}, if_match="*")

    assert before == ["Old Timer"]
    assert await api.names(STALE) == []
    assert await api.names("timely") == ["Old Timely"]


async def test_the_erasure_of_an_old_customer_finds_all_of_it(api: Api) -> None:
    made = await an_old_one(api)
    before = await documents_of(api, STALE)
    await erase(api, made)

    assert before == 2, "the word, and the listing that names it"
    assert await documents_of(api, STALE) == 0
