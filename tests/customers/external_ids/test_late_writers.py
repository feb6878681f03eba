"""A writer that claimed an external id and is late finds that it has lost it."""

import asyncio
import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from local.folder import Folder
from local.store import SqliteDocuments
from shared.composition.metered import Metered
from shared.context import Context
from shared.core.errors import Refusal, Unavailable
from shared.core.retry import ANY
from shared.customers.creation.creation import create_customer
from shared.customers.customers import edit_customer
from shared.customers.documents import load
from shared.customers.domain.creation import NewCustomer
from shared.customers.domain.customers import CustomerEdit
from shared.customers.external_ids.claiming import ExternalIdTaken
from shared.customers.external_ids.documents import ExternalId
from shared.customers.external_ids.finding import find_by_external_id
from shared.ports.documents import Documents, Operation, Partition
from tests.api import COMPANY

WEB = {"web": "u-8812"}


class Late(Metered):
    """A store in which commits of customers wait until `go` is set."""

    def __init__(self, documents: Documents) -> None:
        super().__init__(documents)
        self.waits, self.go = asyncio.Event(), asyncio.Event()

    async def commit(
        self, container: str, partition: Partition, operations: Sequence[Operation]
    ) -> list[str]:
        if container == "customers":
            self.waits.set()
            await self.go.wait()
        return await super().commit(container, partition, operations)


@pytest.fixture
def folder(configured: Path, tmp_path: Path) -> Folder:
    return Folder(shutil.copytree(configured, tmp_path / "data"))


@pytest.fixture
def documents(folder: Folder) -> Iterator[Documents]:
    documents = SqliteDocuments(folder.database)
    yield documents
    documents.close()


def context_of(folder: Folder, documents: Documents) -> Context:
    return folder.backend(documents).context(COMPANY, "application:test", datetime.now(UTC))


def new(name: str, **but: object) -> NewCustomer:
    return NewCustomer.model_validate({"storeNumber": "HOUSTON", "lastName": name} | but)


async def holders(context: Context) -> list[str]:
    external_id = ExternalId("web", "u-8812")
    lines = await find_by_external_id(external_id, books=None, context=context)
    return [line["id"] for line in lines]


async def test_a_late_creation_does_not_get_it(folder: Folder, documents: Documents) -> None:
    store = Late(documents)
    late, punctual = context_of(folder, store), context_of(folder, documents)
    creation = asyncio.create_task(create_customer(new("Late", externalIds=WEB), context=late))
    await store.waits.wait()
    made = await create_customer(new("Punctual", externalIds=WEB), context=punctual)
    store.go.set()

    with pytest.raises(Unavailable):
        await creation
    with pytest.raises(ExternalIdTaken):
        await create_customer(new("Late", externalIds=WEB), context=punctual)
    assert await holders(punctual) == [made.customer.value.id]


@pytest.mark.parametrize("lost_before", [False, True])
async def test_a_late_edit_does_not_get_it(
    folder: Folder, documents: Documents, lost_before: bool
) -> None:
    store = Late(documents)
    late, punctual = context_of(folder, store), context_of(folder, documents)
    created = await create_customer(new("Late"), context=punctual)
    key = created.customer.value.id
    if lost_before:  # then there is a fence already
        for external_ids in (WEB, {"web": None}):
            edit = CustomerEdit.model_validate({"externalIds": external_ids})
            await edit_customer(key, edit, if_match=ANY, context=punctual)
    edit = CustomerEdit.model_validate({"externalIds": WEB})
    writing = asyncio.create_task(edit_customer(key, edit, if_match=ANY, context=late))
    await store.waits.wait()
    made = await create_customer(new("Punctual", externalIds=WEB), context=punctual)
    store.go.set()

    with pytest.raises(ExternalIdTaken):
        await writing
    assert (await load(key, punctual)).value.external_ids == {}
    assert await holders(punctual) == [made.customer.value.id]


async def test_one_that_is_at_work_is_waited_for(folder: Folder, documents: Documents) -> None:
    store = Late(documents)
    late, punctual = context_of(folder, store), context_of(folder, documents)
    creation = asyncio.create_task(create_customer(new("First", externalIds=WEB), context=late))
    await store.waits.wait()
    other = asyncio.create_task(create_customer(new("Next", externalIds=WEB), context=punctual))
    await asyncio.sleep(0.2)
    store.go.set()

    made = await creation
    with pytest.raises(Refusal) as refused:
        await other
    assert refused.value.code == "external-id-taken"
    assert await holders(punctual) == [made.customer.value.id]
