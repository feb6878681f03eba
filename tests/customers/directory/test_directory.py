"""Two writers of one customer's directory entries, in the worst order."""

import shutil
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from local.folder import Folder
from local.store import SqliteDocuments
from shared.composition.metered import Metered
from shared.context import Context
from shared.core.evolve import evolve
from shared.core.versioned import Versioned
from shared.customers.creation.creation import create_customer
from shared.customers.customers import edit_customer
from shared.customers.directory.entries import index, is_listed, listed_after
from shared.customers.directory.search import SearchQuery, search_customers
from shared.customers.documents import customer_document
from shared.customers.domain.creation import NewCustomer
from shared.customers.domain.customers import Customer, CustomerEdit
from shared.customers.domain.directory import with_state
from shared.ports.documents import Documents, Operation, Partition, Placed, Replace
from tests.api import COMPANY


class NotInOnePiece(Metered):
    """A store that scatters as the port allows: what was written stays when the seal is stale."""

    async def scatter(self, container: str, writes: Sequence[Placed], seal: Placed) -> str:
        for one in writes:
            await self.commit(container, one.partition, [one.operation])
        await self.before_the_seal()
        [etag] = await self.commit(container, seal.partition, [seal.operation])
        return etag

    async def before_the_seal(self) -> None:
        """Nothing happens here, most of the time."""


class Overtaken(NotInOnePiece):
    """Lets the writer of a later version finish between this one's entries and its seal."""

    def __init__(self, context: Context, later: Versioned[Customer]) -> None:
        super().__init__(context.documents)
        self.context = context
        self._later: Versioned[Customer] | None = later

    async def before_the_seal(self) -> None:
        later, self._later = self._later, None
        if later:
            await index(later, None, replace(self.context, documents=self))


class Counting(Metered):
    """Notes the container of each write."""

    def __init__(self, documents: Documents) -> None:
        super().__init__(documents)
        self.written: list[str] = []

    async def commit(
        self, container: str, partition: Partition, operations: Sequence[Operation]
    ) -> list[str]:
        self.written.append(container)
        return await super().commit(container, partition, operations)

    async def scatter(self, container: str, writes: Sequence[Placed], seal: Placed) -> str:
        self.written.append(container)
        return await super().scatter(container, writes, seal)


@pytest.fixture
async def context(configured: Path, tmp_path: Path) -> AsyncIterator[Context]:
    folder = Folder(shutil.copytree(configured, tmp_path / "data"))
    documents = SqliteDocuments(folder.database)
    backend = folder.backend(NotInOnePiece(documents))
    yield backend.context(COMPANY, "application:test", datetime.now(UTC))
    documents.close()


async def renamed(stored: Versioned[Customer], name: str, context: Context) -> Versioned[Customer]:
    """Commit a new name without telling the directory, as a writer does that is slow."""
    customer = stored.value
    changed = evolve(customer, first_name=name, version=customer.version + 1)
    changed = with_state(changed, customer)
    operations = [Replace(customer_document(changed), stored.etag)]
    [etag] = await context.documents.commit("customers", context.partition(customer.id), operations)
    return Versioned(changed, etag)


async def found(query: str, context: Context) -> list[str]:
    lines, _ = await search_customers(SearchQuery(query, None, None, 20), context=context)
    return [line["name"] for line in lines]


async def test_the_words_of_a_version_that_lost_do_not_linger(context: Context) -> None:
    new = NewCustomer(store_number="HOUSTON", first_name="Alpha", last_name="Berg")
    first = (await create_customer(new, context=context)).customer
    second = await renamed(first, "Beta", context)
    third = await renamed(second, "Gamma", context)
    await index(second, None, replace(context, documents=Overtaken(context, third)))

    assert await found("gamma", context) == ["Gamma Berg"]
    assert await found("beta", context) == []
    assert await found("alpha", context) == []


async def test_what_a_writer_left_undone_the_next_one_cleans_up(context: Context) -> None:
    new = NewCustomer(store_number="HOUSTON", first_name="Alpha", last_name="Berg")
    first = (await create_customer(new, context=context)).customer
    second = await renamed(first, "Beta", context)
    edit = CustomerEdit(first_name="Gamma")
    await edit_customer(first.value.id, edit, if_match=second.etag, context=context)

    assert await found("gamma", context) == ["Gamma Berg"]
    assert await found("alpha", context) == [], "the second writer never came to remove it"


async def test_an_edit_that_search_does_not_show_writes_no_entry(context: Context) -> None:
    new = NewCustomer(store_number="HOUSTON", first_name="Alpha", last_name="Berg")
    first = (await create_customer(new, context=context)).customer
    counting = Counting(context.documents)
    watched = replace(context, documents=counting)
    edit = CustomerEdit(receipt_option="Both")
    second = await edit_customer(first.value.id, edit, if_match=first.etag, context=watched)

    assert counting.written == ["customers"]
    assert await is_listed(second.value, context)
    edit = CustomerEdit(first_name="Beta")
    third = await edit_customer(first.value.id, edit, if_match=second.etag, context=watched)
    assert "directory" in counting.written
    assert await is_listed(third.value, context)
    assert await found("alpha", context) == []


async def test_what_was_said_before_and_is_said_again_is_written_in_order(context: Context) -> None:
    new = NewCustomer(store_number="HOUSTON", first_name="Alpha", last_name="Berg")
    first = (await create_customer(new, context=context)).customer
    second = await renamed(first, "Beta", context)
    third = await renamed(second, "Alpha", context)

    assert not await is_listed(third.value, context), "the second may have left words"
    await index(third, None, context)
    await index(second, listed_after(first.value), context)
    assert await found("alpha", context) == ["Alpha Berg"]
    assert await found("beta", context) == []
