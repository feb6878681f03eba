"""Pages of many cards: near dates, sorts, several books merged, and what facets add up to."""

import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from local.folder import Folder
from local.store import SqliteDocuments
from shared.clienteling.cards.documents import CardDocument, card_document
from shared.clienteling.cards.pages import CardQuery, count_facets, page_of_cards
from shared.clienteling.domain.card_filters import CardFilter, CardSort
from shared.clienteling.domain.client_books import Holder, Membership
from shared.context import Context
from shared.customers.domain.customers import Customer
from shared.ports.documents import Create
from tests.api import COMPANY
from tests.real import read

BOOKS = ("000110", "000137", "000160")
CLIENTS = 600
BRANDS = ("Contoso", "Fabrikam", "Northwind", None)
TODAY = date(2027, 5, 4)


@dataclass
class Library:
    """Three books with six hundred clients in them, and what is known of each."""

    context: Context
    known: dict[str, dict[str, Any]]

    async def all_of(self, asked: CardQuery, limit: int = 37) -> list[str]:
        found: list[str] = []
        position = None
        while True:
            cards, position = await page_of_cards(
                asked, limit=limit, position=position, context=self.context
            )
            found += [card["customerId"] for _, card in cards]
            assert len(cards) <= limit
            if position is None:
                return found


@pytest.fixture
async def library(folder: Folder, now: datetime) -> AsyncIterator[Library]:
    documents = SqliteDocuments(folder.database)
    chance = random.Random(4021)
    known: dict[str, dict[str, Any]] = {}
    cards: dict[str, list[Create]] = {number: [] for number in BOOKS}
    for index in range(CLIENTS):
        born = date(1980, 1, 1) + timedelta(days=chance.randrange(366))
        attributes: dict[str, Any] = {
            "birthday": born.isoformat(),
            "orders": chance.randrange(-5, 9),
        }
        if brand := chance.choice(BRANDS):
            attributes["favoriteBrand"] = brand
        key, book = str(UUID(int=chance.getrandbits(128))), BOOKS[index % len(BOOKS)]
        name = f"C{chance.randrange(100)}"  # so that many are called the same
        known[key] = {**attributes, "name": name, "book": book}
        cards[book].append(Create(card(key, name, book, attributes, now)))
    for book, ones in cards.items():
        for start in range(0, len(ones), 100):
            await documents.commit("books", (book, COMPANY), ones[start : start + 100])
    context = folder.backend(documents).context(COMPANY, "application:test", now)
    yield Library(context, known)
    documents.close()


def card(key: str, name: str, book: str, attributes: dict[str, Any], now: datetime) -> CardDocument:
    customer = Customer.model_validate(
        {"id": key, "accountNumber": "1", "legalEntity": COMPANY, "storeNumber": "HOUSTON",
         "customerType": "Person", "firstName": name, "createdAt": now, "createdBy": "t",
         "modifiedAt": now, "modifiedBy": "t"}
    )  # fmt: skip
    holder = Holder(
        personnel_number=book, added_at=now, added_by="t", attributes=attributes, version=1
    )
    membership = Membership(customer_id=key, version=1, holders=(holder,))
    return card_document(customer, membership, holder, {})


def asked(*filters: CardFilter, sort: CardSort | None = None, today: date = TODAY) -> CardQuery:
    return CardQuery(BOOKS, filters, sort or CardSort(), today)


def falls_within(born: date, today: date, days: int) -> bool:
    """Tell it the plain way: is one of these days her birthday?"""
    for number in range(days + 1):
        day = today + timedelta(days=number)
        try:
            kept = born.replace(year=day.year)
        except ValueError:
            kept = date(day.year, 2, 28)
        if kept == day:
            return True
    return False


@pytest.mark.parametrize(
    "today",
    [
        date(2027, 2, 27), date(2027, 2, 28), date(2027, 3, 1), date(2028, 2, 28),
        date(2028, 2, 29), date(2028, 3, 1), date(2027, 12, 31), date(2028, 12, 31), TODAY,
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("days", [0, 1, 30, 200, 366])
async def test_near_dates_are_those_of_a_plain_computation(
    library: Library, today: date, days: int
) -> None:
    found = await library.all_of(
        asked(CardFilter("birthday", "within", (days,)), today=today), limit=100
    )
    expected = {
        key for key, one in library.known.items()
        if falls_within(date.fromisoformat(one["birthday"]), today, days)
    }  # fmt: skip

    assert len(found) == len(set(found))
    assert set(found) == expected


@pytest.mark.parametrize("today", [date(2028, 2, 29), date(2027, 12, 31)], ids=str)
async def test_near_dates_of_real_customers_are_those_of_a_plain_computation(
    folder: Folder, now: datetime, today: date, real_customers: Path
) -> None:
    born = {str(UUID(int=n)): one["birthDate"] for n, one in enumerate(read(real_customers))}
    documents = SqliteDocuments(folder.database)
    for index, book in enumerate(BOOKS):
        ones = [
            Create(card(key, f"C{key[-5:]}", book, {"birthday": born[key]}, now))
            for key in list(born)[index :: len(BOOKS)]
        ]
        for start in range(0, len(ones), 100):
            await documents.commit("books", (book, COMPANY), ones[start : start + 100])
    context = folder.backend(documents).context(COMPANY, "application:test", now)
    near = asked(CardFilter("birthday", "within", (30,)), today=today)
    found = await Library(context, {}).all_of(near, limit=1000)
    documents.close()
    expected = {
        key for key, text in born.items() if falls_within(date.fromisoformat(text), today, 30)
    }

    assert len(born) > len(expected) > 0
    assert set(found) == expected
    assert len(found) == len(expected)


@pytest.mark.parametrize("descending", [False, True])
async def test_books_are_merged_in_one_order(library: Library, descending: bool) -> None:
    def in_order(attribute: str) -> list[str]:
        have = [key for key, one in library.known.items() if attribute in one]
        return sorted(
            have, key=lambda key: (library.known[key][attribute], key), reverse=descending
        )

    by_name = await library.all_of(asked(sort=CardSort("name", descending)))
    by_orders = await library.all_of(asked(sort=CardSort("orders", descending, attribute=True)))
    by_brand = await library.all_of(
        asked(sort=CardSort("favoriteBrand", descending, attribute=True))
    )
    with_brand = in_order("favoriteBrand")
    without = [key for key, one in library.known.items() if "favoriteBrand" not in one]

    assert by_name == in_order("name")
    assert by_orders == in_order("orders")
    assert by_brand[: len(with_brand)] == with_brand
    assert by_brand[len(with_brand) :] == sorted(
        without, key=lambda key: (library.known[key]["name"], key)
    )


async def test_facets_add_up(library: Library) -> None:
    everyone = await count_facets(asked(), ["favoriteBrand", "orders"], context=library.context)
    few = asked(CardFilter("orders", "ge", (0,)), CardFilter("orders", "le", (3,)))
    some = await count_facets(few, ["favoriteBrand"], context=library.context)
    known = library.known.values()

    assert {one["value"]: one["count"] for one in everyone["orders"]} == Counter(
        one["orders"] for one in known
    )
    assert sum(one["count"] for one in everyone["orders"]) == CLIENTS
    assert {one["value"]: one["count"] for one in some["favoriteBrand"]} == Counter(
        one["favoriteBrand"] for one in known if 0 <= one["orders"] <= 3 and "favoriteBrand" in one
    )


async def test_pages_of_every_size_show_everybody_once(library: Library) -> None:
    sort = CardSort("favoriteBrand", attribute=True)
    whole = await library.all_of(asked(sort=sort), limit=CLIENTS)

    assert len(whole) == len(set(whole)) == CLIENTS
    for limit in (1, 7, 100, CLIENTS - 1):
        assert await library.all_of(asked(sort=sort), limit=limit) == whole
