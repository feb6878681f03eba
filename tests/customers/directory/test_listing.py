"""Listing customers over the years, with the time given as a value."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from local.demo import company as demo
from local.folder import Folder
from local.store import SqliteDocuments
from shared.context import Context
from shared.customers.creation.creation import create_customer
from shared.customers.directory.search import Position, SearchQuery, list_customers
from shared.customers.domain.creation import NewCustomer
from tests.api import COMPANY

BIRTH = datetime(2028, 12, 30, 12, tzinfo=UTC)


@pytest.fixture
async def context(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Context]:
    folder = Folder(tmp_path_factory.mktemp("years"))
    documents = SqliteDocuments(folder.database)
    context = folder.backend(documents).context(COMPANY, "application:test", BIRTH)
    await demo.configure(context)
    yield context
    documents.close()


async def made_in(context: Context, *moments: datetime) -> None:
    for index, moment in enumerate(moments):
        new = NewCustomer(store_number="HOUSTON", first_name=f"N{index}")
        await create_customer(new, context=replace(context, now=moment))


async def pages(context: Context, limit: int) -> list[str]:
    names: list[str] = []
    position: Position | None = None
    while True:
        found, position = await list_customers(
            SearchQuery(None, None, None, limit, position), context=context
        )
        assert len(found) <= limit
        names += [line["name"] for line in found]
        if position is None:
            return names


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 20])
async def test_a_page_may_end_where_a_year_does(context: Context, limit: int) -> None:
    moments = [BIRTH.replace(year=year, day=day) for year in (2029, 2031) for day in (1, 2)]
    await made_in(context, *moments)
    later = replace(context, now=datetime(2031, 12, 31, tzinfo=UTC))

    assert await pages(later, limit) == ["N3", "N2", "N1", "N0", "Default Customer"]


async def test_a_list_that_is_read_over_new_year_shows_nobody_twice(context: Context) -> None:
    await made_in(context, *(BIRTH.replace(hour=13 + n) for n in range(4)))
    before = replace(context, now=datetime(2028, 12, 31, 23, tzinfo=UTC))
    first, position = await list_customers(SearchQuery(None, None, None, 2), context=before)
    after = replace(context, now=datetime(2029, 1, 1, 1, tzinfo=UTC))
    rest, _ = await list_customers(SearchQuery(None, None, None, 20, position), context=after)

    assert [line["name"] for line in first + rest] == ["N3", "N2", "N1", "N0", "Default Customer"]
