"""Cards and their late writers, one call of the store at a time."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from local.folder import Folder
from local.store import SqliteDocuments
from shared.clienteling.cards.projection import project_cards, read_card
from shared.clienteling.clients import add_clients, move_client, remove_client
from shared.clienteling.memberships import read_membership
from shared.context import Context
from shared.core.retry import ANY
from shared.customers.creation.creation import create_customer
from shared.customers.customers import deactivate_customer, edit_customer
from shared.customers.domain.creation import NewCustomer
from shared.customers.domain.customers import CustomerEdit
from tests.api import COMPANY
from tests.doubles.stalling import Run, Turns

TRICIA = "000137"


@pytest.fixture
async def context(configured: Path, tmp_path: Path) -> AsyncIterator[Context]:
    folder = Folder(shutil.copytree(configured, tmp_path / "data"))
    documents = SqliteDocuments(folder.database)
    yield folder.backend(documents).context(COMPANY, "application:test", datetime.now(UTC))
    documents.close()


@pytest.fixture
async def key(context: Context) -> str:
    new = NewCustomer(store_number="HOUSTON", first_name="Karen", last_name="Berg")
    return (await create_customer(new, context=context)).customer.value.id


def begun(do: Callable[[Context], Awaitable[object]], context: Context) -> Run:
    turns = Turns(context.documents)

    async def work() -> None:
        await do(replace(context, documents=turns))

    return Run(turns, work(), {})


async def add(key: str, context: Context) -> None:
    [result] = await add_clients(TRICIA, [key], context=context)
    assert result.status == "Added"


async def remove(key: str, context: Context) -> None:
    await remove_client(TRICIA, key, if_match=ANY, context=context)


async def rename(key: str, name: str, context: Context) -> None:
    await edit_customer(key, CustomerEdit(first_name=name), if_match=ANY, context=context)


@pytest.mark.parametrize("stalled_at", ["read books", "commit books"])
async def test_a_card_that_was_gone_before_is_gone_for_late_writers_too(
    key: str, context: Context, stalled_at: str
) -> None:
    await add(key, context)
    await remove(key, context)
    late = begun(lambda own: add(key, own), context)
    await late.up_to(stalled_at)
    await remove(key, context)
    await late.finish()

    assert late.outcome() is None
    assert await read_card(key, TRICIA, context=context) is None


@pytest.mark.parametrize("stalled_at", ["read books", "commit books"])
async def test_a_name_that_came_back_stays_for_late_writers_too(
    key: str, context: Context, stalled_at: str
) -> None:
    await add(key, context)
    await rename(key, "Carina", context)
    late = begun(lambda own: project_cards(key, context=own), context)
    await late.up_to(stalled_at)
    await rename(key, "Karen", context)
    await project_cards(key, context=context)
    await late.finish()
    card = await read_card(key, TRICIA, context=context)

    assert late.outcome() is None
    assert card is not None
    assert card["name"] == "Karen Berg"


async def test_who_comes_into_her_first_book_while_she_is_deactivated_leaves_it(
    key: str, context: Context
) -> None:
    late = begun(lambda own: deactivate_customer(key, if_match=ANY, context=own), context)
    await late.up_to("commit customers")
    await add(key, context)
    await late.finish()
    membership = await read_membership(key, context)

    assert late.outcome() is None
    assert membership.holders == ()
    assert await read_card(key, TRICIA, context=context) is None


async def test_who_is_moved_to_the_book_that_she_is_in_stays_there(
    key: str, context: Context
) -> None:
    await add(key, context)
    before = await read_membership(key, context)
    await move_client(TRICIA, key, TRICIA, context=context)
    after = await read_membership(key, context)

    assert after == before
    assert await read_card(key, TRICIA, context=context)


async def test_who_is_overtaken_by_an_older_one_writes_again(key: str, context: Context) -> None:
    await add(key, context)
    await rename(key, "Carina", context)
    older = begun(lambda own: project_cards(key, context=own), context)
    await older.up_to("commit books")
    await rename(key, "Karin", context)
    newer = begun(lambda own: project_cards(key, context=own), context)
    await newer.up_to("commit books")
    await older.finish()
    await newer.finish()
    card = await read_card(key, TRICIA, context=context)

    assert card is not None
    assert card["name"] == "Karin Berg"


@pytest.mark.parametrize("calls", range(6))
async def test_who_is_deactivated_while_somebody_adds_her_is_in_no_book(
    key: str, context: Context, calls: int
) -> None:
    late = begun(lambda own: add_clients(TRICIA, [key], context=own), context)
    for _ in range(calls):
        await late.step()
    await deactivate_customer(key, if_match=ANY, context=context)
    await late.finish()
    membership = await read_membership(key, context)

    assert late.outcome() is None
    assert membership.holders == ()
    assert await read_card(key, TRICIA, context=context) is None
