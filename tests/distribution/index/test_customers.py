"""What the index says of customers and addresses, as the feed brings it there."""

from typing import Any

from shared.composition import wiring
from shared.context import Context
from shared.distribution.domain.entries import Entry, customer_shard
from shared.distribution.domain.scopes import Scope
from shared.distribution.index import documents
from shared.distribution.index.customers import index_changes
from shared.distribution.index.reading import Reading
from shared.ports.changes import Change
from tests.api import ADMINISTRATOR, COMPANY, Api, an_address, an_email
from tests.consent.spreading.test_spread_under_faults import context_of
from tests.waiting import eventually

REST = "customer-addresses"
TABLES = ("customers", REST)


def context_now() -> Context:
    return context_of()


async def entries_of(key: str) -> dict[str, Entry]:
    entries = await documents.entries_of(customer_shard(key), key, context_now())
    return {entry.name: entry for entry in entries}


async def at_rest(key: str, version: int) -> dict[str, Entry]:
    """Return the entries of a customer once the feed has brought this version."""

    async def found() -> bool:
        own = (await entries_of(key)).get(f"customers:{key}")
        return bool(own and own.version == version)

    await eventually(20, found)
    return await entries_of(key)


async def version_of(api: Api, key: str) -> int:
    version: int = (await api.get(f"customers/{key}")).json()["version"]
    return version


async def test_rows_are_what_a_get_answers(api: Api) -> None:
    made = await api.create(
        addressBooks=["USRSA"], contacts=[an_email()], addresses=[an_address()], lastName="Berg"
    )
    key = made["id"]
    entries = await at_rest(key, made["version"])
    answered: dict[str, Any] = (await api.get(f"customers/{key}")).json()
    [address] = (await api.get(f"customers/{key}/addresses")).json()["items"]
    own, of_address = entries[f"customers:{key}"], entries[f"{REST}:{key}/{address['id']}"]

    computed = {"capabilities", "displayAccount", "etag", "primaryAddress", "addressCount"}
    assert own.row == {name: one for name, one in answered.items() if name not in computed}
    address.pop("etag")
    assert of_address.row == {"customerId": key, **address}
    assert own.reach == of_address.reach == ("USRSA", f"customer:{key}")
    assert len(own.hash) == 32
    assert own.seq > of_address.seq, "the customer comes after the addresses"


async def test_addresses_move_between_books_with_their_customer(api: Api) -> None:
    made = await api.create(addressBooks=["USRSA"], addresses=[an_address(), an_address()])
    key = made["id"]
    before = await at_rest(key, made["version"])
    await api.call("PATCH", f"customers/{key}", {"addressBooks": ["USRSW"]}, if_match="*")
    after = await at_rest(key, await version_of(api, key))

    assert len(after) == 3
    for name, entry in after.items():
        assert entry.reach == ("USRSW", f"customer:{key}")
        assert set(entry.left) == {"USRSA"}
        assert entry.seq > before[name].seq
        assert not entry.is_in(("USRSA",))
    assert await seen_by(key, "USRSA") == dict.fromkeys(after, False)
    assert await seen_by(key, "USRSW") == dict.fromkeys(after, True)


async def seen_by(key: str, book: str) -> dict[str, bool]:
    """Return the customer's rows that a reader of the book is told of: there, or gone."""
    found: dict[str, bool] = {}
    async for page in Reading(customer_shard(key), 0).pages(
        Scope(TABLES, TABLES, (book,)), context_now()
    ):
        found |= {one.name: one.is_in((book,)) for one in page if one.owner == key}
    return found


async def test_an_address_that_ended_is_gone_and_an_edit_leaves_the_others_alone(api: Api) -> None:
    made = await api.create(addressBooks=["USRSA"], addresses=[an_address(), an_address()])
    key = made["id"]
    path = f"customers/{key}/addresses"
    before = await at_rest(key, made["version"])
    first, second = (await api.get(path)).json()["items"]
    ended = await api.call("DELETE", f"{path}/{second['id']}", if_match="*")
    await api.call("PATCH", f"customers/{key}", {"lastName": "Bergen"}, if_match="*")
    after = await at_rest(key, await version_of(api, key))

    assert ended.status_code == 204
    left, gone = after[f"{REST}:{key}/{first['id']}"], after[f"{REST}:{key}/{second['id']}"]
    assert left.seq == before[left.name].seq
    assert (gone.alive, gone.row, gone.hash) == (False, None, "")


async def test_what_is_told_again_changes_nothing(api: Api) -> None:
    made = await api.create(addressBooks=["USRSA"], addresses=[an_address()])
    key = made["id"]
    before = await at_rest(key, made["version"])
    changes = await wiring.backend().documents.changes("customers", None, 1000)
    told = [
        Change("customers", document.partition, document.id, document.body["type"], COMPANY,
               {"version": document.body.get("version", 0)})
        for document in changes.documents
    ]  # fmt: skip

    assert await index_changes(told, context_now()) == []
    assert await at_rest(key, made["version"]) == before


async def test_nothing_of_who_was_erased_stays_but_that_they_are_gone(api: Api) -> None:
    made = await api.create(addressBooks=["USRSA"], addresses=[an_address(city="Zorkville")])
    key = made["id"]
    before = await at_rest(key, made["version"])
    body = {"reason": "request", "immediately": True}
    await api.post(f"customers/{key}/erasure", body, bearer=ADMINISTRATOR)

    async def erased() -> bool:
        answer = await api.get(f"customers/{key}/erasure", bearer=ADMINISTRATOR)
        return bool(answer.json()["state"] == "Completed")

    await eventually(20, erased)
    after = await entries_of(key)

    states = {name: (one.alive, one.row) for name, one in after.items()}
    assert states == dict.fromkeys(before, (False, None))
    assert all(one.seq > before[name].seq for name, one in after.items())
    assert await seen_by(key, "USRSA") == dict.fromkeys(before, False)
