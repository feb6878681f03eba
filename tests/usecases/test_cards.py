"""Cards and their late writers, one call of the store at a time."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from local.folder import Folder
from local.store import SqliteDocuments
from shared.domain.customer_creation import NewCustomer
from shared.domain.customers import CustomerEdit
from shared.usecases.cards import read_card, settle
from shared.usecases.changes import ANY
from shared.usecases.client_books import add_clients, move_client, remove_client
from shared.usecases.customer_creation import create_customer
from shared.usecases.customers import deactivate_customer, edit_customer
from shared.usecases.errand import Errand
from shared.usecases.memberships import read_membership
from tests.api import COMPANY
from tests.usecases.stalling import Run, Turns

TRICIA = "000137"


@pytest.fixture
async def errand(configured: Path, tmp_path: Path) -> AsyncIterator[Errand]:
    folder = Folder(shutil.copytree(configured, tmp_path / "data"))
    documents = SqliteDocuments(folder.database)
    yield folder.backend(documents).errand(COMPANY, "application:test", datetime.now(UTC))
    documents.close()


@pytest.fixture
async def key(errand: Errand) -> str:
    new = NewCustomer(store_number="HOUSTON", first_name="Karen", last_name="Berg")
    return (await create_customer(new, errand=errand)).customer.id


def begun(do: Callable[[Errand], Awaitable[object]], errand: Errand) -> Run:
    turns = Turns(errand.documents)

    async def work() -> None:
        await do(replace(errand, documents=turns))

    return Run(turns, work(), {})


async def add(key: str, errand: Errand) -> None:
    [result] = await add_clients(TRICIA, [key], errand=errand)
    assert result.status == "Added"


async def remove(key: str, errand: Errand) -> None:
    await remove_client(TRICIA, key, version=ANY, errand=errand)


async def rename(key: str, name: str, errand: Errand) -> None:
    await edit_customer(key, CustomerEdit(first_name=name), if_match=ANY, errand=errand)


@pytest.mark.parametrize("stalled_at", ["read books", "commit books"])
async def test_a_card_that_was_gone_before_is_gone_for_late_writers_too(
    key: str, errand: Errand, stalled_at: str
) -> None:
    await add(key, errand)
    await remove(key, errand)
    late = begun(lambda own: add(key, own), errand)
    await late.up_to(stalled_at)
    await remove(key, errand)
    await late.finish()

    assert late.outcome() is None
    assert await read_card(key, TRICIA, errand=errand) is None


@pytest.mark.parametrize("stalled_at", ["read books", "commit books"])
async def test_a_name_that_came_back_stays_for_late_writers_too(
    key: str, errand: Errand, stalled_at: str
) -> None:
    await add(key, errand)
    await rename(key, "Carina", errand)
    late = begun(lambda own: settle(key, errand=own), errand)
    await late.up_to(stalled_at)
    await rename(key, "Karen", errand)
    await settle(key, errand=errand)
    await late.finish()
    card = await read_card(key, TRICIA, errand=errand)

    assert late.outcome() is None
    assert card is not None
    assert card["name"] == "Karen Berg"


async def test_who_comes_into_her_first_book_while_she_is_deactivated_leaves_it(
    key: str, errand: Errand
) -> None:
    late = begun(lambda own: deactivate_customer(key, if_match=ANY, errand=own), errand)
    await late.up_to("commit customers")
    await add(key, errand)
    await late.finish()
    membership, _ = await read_membership(key, errand)

    assert late.outcome() is None
    assert membership.holders == ()
    assert await read_card(key, TRICIA, errand=errand) is None


async def test_who_is_moved_to_the_book_that_she_is_in_stays_there(
    key: str, errand: Errand
) -> None:
    await add(key, errand)
    before, _ = await read_membership(key, errand)
    await move_client(TRICIA, key, TRICIA, errand=errand)
    after, _ = await read_membership(key, errand)

    assert after == before
    assert await read_card(key, TRICIA, errand=errand)


async def test_who_is_overtaken_by_an_older_one_writes_again(key: str, errand: Errand) -> None:
    await add(key, errand)
    await rename(key, "Carina", errand)
    older = begun(lambda own: settle(key, errand=own), errand)
    await older.up_to("commit books")
    await rename(key, "Karin", errand)
    newer = begun(lambda own: settle(key, errand=own), errand)
    await newer.up_to("commit books")
    await older.finish()
    await newer.finish()
    card = await read_card(key, TRICIA, errand=errand)

    assert card is not None
    assert card["name"] == "Karin Berg"


@pytest.mark.parametrize("calls", range(6))
async def test_who_is_deactivated_while_somebody_adds_her_is_in_no_book(
    key: str, errand: Errand, calls: int
) -> None:
    late = begun(lambda own: add_clients(TRICIA, [key], errand=own), errand)
    for _ in range(calls):
        await late.step()
    await deactivate_customer(key, if_match=ANY, errand=errand)
    await late.finish()
    membership, _ = await read_membership(key, errand)

    assert late.outcome() is None
    assert membership.holders == ()
    assert await read_card(key, TRICIA, errand=errand) is None
