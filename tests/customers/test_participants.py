"""A participant of a test's own, and a trigger of its own: neither touches the customer master."""

import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest

from functions._http.operation import OPERATIONS
from functions._http.trigger import Call, NoQuery, Operation, Reply, serve
from local.folder import Folder
from local.host.functions import read_functions
from local.store import SqliteDocuments
from shared.composition.participants import PARTICIPANTS
from shared.composition.wiring import Backend, Keys
from shared.context import Context
from shared.core.errors import Conflict, Stale, Unavailable
from shared.core.evolve import evolve
from shared.core.retry import ANY
from shared.core.versioned import Versioned
from shared.customers.creation.creation import create_customer
from shared.customers.customers import edit_customer, read_customer
from shared.customers.domain.creation import NewCustomer
from shared.customers.domain.customers import Customer, CustomerEdit
from shared.customers.participants import Change, Joined
from shared.ports.documents import CommitTooLarge, Create
from tests.api import COMPANY

BERG = NewCustomer(store_number="HOUSTON", first_name="Karen", last_name="Berg")


class LoyaltyRefused(Conflict):
    code = "loyalty-refused"


class Loyalty:
    """Refuses a name, amends an external id, adds documents and a fact, and acts afterwards."""

    name = "loyalty"

    def __init__(self) -> None:
        self.documents = 1
        self.payload = ""
        self.acted: list[int] = []
        self.failure: Exception | None = None

    async def join(self, change: Change, context: Context) -> Joined:
        if change.after.first_name == "Refused":
            raise LoyaltyRefused("The loyalty program does not take this name.")
        points = {"points": str(change.after.version)}
        amended = evolve(change.after, external_ids=change.after.external_ids | points)
        entries = [
            Create({"id": f"loyalty:{amended.version}:{number}", "payload": self.payload})
            for number in range(self.documents)
        ]
        return Joined(amended, entries, {"loyaltyPoints": amended.version})

    async def after(self, customer: Versioned[Customer], change: Change, context: Context) -> None:
        stored = await read_customer(customer.value.id, context=context)
        assert stored == customer, "it acts once the commit is in"
        self.acted.append(customer.value.version)
        if self.failure:
            raise self.failure


@pytest.fixture
def loyalty() -> Loyalty:
    return Loyalty()


@pytest.fixture
async def context(configured: Path, tmp_path: Path, loyalty: Loyalty) -> AsyncIterator[Context]:
    folder = Folder(shutil.copytree(configured, tmp_path / "data"))
    documents = SqliteDocuments(folder.database)
    tokens, participants = folder.tokens(), (*PARTICIPANTS, loyalty)
    backend = Backend(documents, tokens, Keys(b"", b"", b""), participants=participants)
    yield backend.context(COMPANY, "application:test", datetime.now(UTC))
    documents.close()


async def event_of(key: str, version: int, context: Context) -> dict[str, Any]:
    partition = context.partition(key)
    document = await context.documents.read("customers", partition, f"event:{version:012d}")
    assert document
    event: dict[str, Any] = document.body["event"]
    return event


async def test_a_participant_amends_adds_and_acts_in_every_commit(
    context: Context, loyalty: Loyalty
) -> None:
    created = (await create_customer(BERG, context=context)).customer
    key = created.value.id
    edit = CustomerEdit(first_name="Carin")
    edited = await edit_customer(key, edit, if_match=created.etag, context=context)

    assert created.value.external_ids == {"points": "1"}
    assert (await read_customer(key, context=context)).value.external_ids == {"points": "2"}
    assert edited.value.first_name == "Carin"
    assert loyalty.acted == [1, 2]
    for version in (1, 2):
        document = await context.documents.read(
            "customers", context.partition(key), f"loyalty:{version}:0"
        )
        assert document
        event = await event_of(key, version, context)
        assert event["data"]["loyaltyPoints"] == version
        changed = {change["field"]: change["new"] for change in event["data"]["changes"]}
        assert changed["externalIds"] == {"points": str(version)}, "the event is made last"


async def test_a_participant_that_refuses_leaves_everything_as_it_was(context: Context) -> None:
    created = (await create_customer(BERG, context=context)).customer
    key, refused = created.value.id, CustomerEdit(first_name="Refused")

    with pytest.raises(LoyaltyRefused):
        await edit_customer(key, refused, if_match=ANY, context=context)
    with pytest.raises(LoyaltyRefused):
        await create_customer(evolve(BERG, first_name="Refused"), context=context)

    assert await read_customer(key, context=context) == created
    assert await context.documents.read("customers", context.partition(key), "loyalty:2:0") is None


@pytest.mark.parametrize("failure", [Unavailable("away"), Stale("late")])
async def test_what_fails_afterwards_does_not_fail_the_write(
    context: Context, loyalty: Loyalty, failure: Exception
) -> None:
    loyalty.failure = failure
    created = (await create_customer(BERG, context=context)).customer

    assert await read_customer(created.value.id, context=context) == created
    assert loyalty.acted == [1]


async def test_a_commit_that_is_too_large_names_whose_documents_broke_it(
    context: Context, loyalty: Loyalty
) -> None:
    loyalty.documents = 100
    with pytest.raises(CommitTooLarge, match="written by loyalty") as too_many:
        await create_customer(BERG, context=context)
    loyalty.documents, loyalty.payload = 3, "x" * 1_000_000
    with pytest.raises(CommitTooLarge, match="written by loyalty"):
        await create_customer(BERG, context=context)

    assert too_many.value.facts == {"participant": "loyalty"}


async def test_participants_join_in_the_order_of_the_list(context: Context) -> None:
    names = [participant.name for participant in context.participants]

    assert names == [
        "client books",
        "consent",
        "synchronization",
        "settings used",
        "external ids",
        "loyalty",
    ]


def test_a_trigger_is_added_by_a_module_of_its_own() -> None:
    bp, app = func.Blueprint(), func.FunctionApp()

    @serve(
        bp,
        Operation(
            "GET", "customers/{customerId}/loyalty", who="E", pos_operation=602, returns=dict
        ),
    )
    async def get_loyalty(call: Call[NoQuery, None]) -> Reply:
        """Get the loyalty points of a customer."""
        return Reply({"points": 1})

    app.register_functions(bp)
    del OPERATIONS["get_loyalty"]

    [function] = read_functions(app, {})
    assert function.name == "get_loyalty"
    assert function.trigger["route"] == "v1/{legalEntity}/customers/{customerId}/loyalty"
