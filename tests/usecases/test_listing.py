"""Listing customers over the years, with the time given as a value."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from local import demo
from local.folder import Folder
from local.store import SqliteDocuments
from shared.domain.customer_creation import NewCustomer
from shared.usecases.customer_creation import create_customer
from shared.usecases.errand import Errand
from shared.usecases.searches import Asked, Position, list_customers
from tests.api import COMPANY

BIRTH = datetime(2028, 12, 30, 12, tzinfo=UTC)


@pytest.fixture
async def errand(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Errand]:
    folder = Folder(tmp_path_factory.mktemp("years"))
    documents = SqliteDocuments(folder.database)
    errand = folder.backend(documents).errand(COMPANY, "application:test", BIRTH)
    await demo.configure(errand)
    yield errand
    documents.close()


async def made_in(errand: Errand, *moments: datetime) -> None:
    for index, moment in enumerate(moments):
        new = NewCustomer(store_number="HOUSTON", first_name=f"N{index}")
        await create_customer(new, errand=replace(errand, now=moment))


async def pages(errand: Errand, limit: int) -> list[str]:
    names: list[str] = []
    position: Position | None = None
    while True:
        found, position = await list_customers(
            Asked(None, None, None, limit, position), errand=errand
        )
        assert len(found) <= limit
        names += [line["name"] for line in found]
        if position is None:
            return names


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 20])
async def test_a_page_may_end_where_a_year_does(errand: Errand, limit: int) -> None:
    moments = [BIRTH.replace(year=year, day=day) for year in (2029, 2031) for day in (1, 2)]
    await made_in(errand, *moments)
    later = replace(errand, now=datetime(2031, 12, 31, tzinfo=UTC))

    assert await pages(later, limit) == ["N3", "N2", "N1", "N0", "Default Customer"]


async def test_a_list_that_is_read_over_new_year_shows_nobody_twice(errand: Errand) -> None:
    await made_in(errand, *(BIRTH.replace(hour=13 + n) for n in range(4)))
    before = replace(errand, now=datetime(2028, 12, 31, 23, tzinfo=UTC))
    first, position = await list_customers(Asked(None, None, None, 2), errand=before)
    after = replace(errand, now=datetime(2029, 1, 1, 1, tzinfo=UTC))
    rest, _ = await list_customers(Asked(None, None, None, 20, position), errand=after)

    assert [line["name"] for line in first + rest] == ["N3", "N2", "N1", "N0", "Default Customer"]
