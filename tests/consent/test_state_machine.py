"""Whatever happens, in whatever order: the right decision is in force, and everybody shows it.

The rules and the invariants are in tests/consent/machine; here is what each example begins with.
"""

import asyncio
import itertools
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from local.demo import company as demo
from local.folder import Folder
from local.store import SqliteDocuments
from local.store.choice import OpenStore
from shared.composition.wiring import Backend
from shared.configuration.settings import put_setting
from shared.consent.domain.purposes import ConsentPurpose, PurposeChannels
from shared.consent.purposes import CONSENT_PURPOSES
from shared.consent.spreading.propagation import Place, propagate
from shared.core.retry import ANY
from shared.customers.contacts import edit_contact
from shared.customers.creation.creation import create_customer
from shared.customers.domain.contacts import ContactEdit
from shared.customers.domain.creation import NewCustomer
from tests.api import COMPANY
from tests.consent.machine.asking import BEGIN
from tests.consent.machine.consents import Consents
from tests.consent.machine.model import CLUB, POINTS
from tests.consent.machine.running import Open
from tests.consent.machine.told import OTHER
from tests.doubles.cosmos.endpoint import Endpoint
from tests.doubles.cosmos.stores import cosmos_documents

ACTOR = "application:test"


async def fill(backend: Backend) -> None:
    """Make two customers who share their addresses, and two who have them in another company."""
    await demo.configure(backend.context(OTHER, ACTOR, BEGIN))
    for company, said in ((OTHER, "OptedOut"), (COMPANY, None)):
        context = backend.context(company, ACTOR, BEGIN)
        channels = PurposeChannels(email=("email",), phone=("sms",))
        club = ConsentPurpose(name=CLUB, channels=channels, opt_in_spreads=False, valid_for_days=1)
        await put_setting(CONSENT_PURPOSES, CLUB, club, if_match=None, context=context)
        for number in range(2):
            contacts = [
                {"kind": kind, "value": value, "marketingConsent": said}
                for kind, value in list(POINTS)[:: 1 if said else 3]
            ]
            body = {"storeNumber": "HOUSTON", "firstName": "Karen", "contacts": contacts}
            new = NewCustomer.model_validate(body | {"lastName": f"No. {number}"})
            named = backend.context(company, ACTOR, BEGIN, f"customer {number} of {company}")
            created = await create_customer(new, context=named, allow_duplicate=True)
            key = created.customer.value.id
            await propagate(key, 1, Place(), context=context)
        verified = ContactEdit(verified_at=BEGIN)
        await edit_contact(key, "1", verified, if_match=ANY, context=context)


def on_sqlite(filled: Path, work: Path) -> Open:
    """Return what opens a file of its own for each example."""
    count = itertools.count()

    @asynccontextmanager
    async def opened() -> AsyncIterator[Backend]:
        folder = Folder(shutil.copytree(filled, work / f"{next(count)}"))
        documents = SqliteDocuments(folder.database)
        try:
            yield folder.backend(documents)
        finally:
            documents.close()
            shutil.rmtree(folder.path)

    return opened


def on_cosmos(endpoint: Endpoint, filled: str, folder: Folder) -> Open:
    """Return what opens a database of its own for each example."""
    count = itertools.count()

    @asynccontextmanager
    async def opened() -> AsyncIterator[Backend]:
        name = f"{filled}-{next(count)}"
        endpoint.copy(filled, name)
        async with cosmos_documents(endpoint, name) as documents:
            yield folder.backend(documents)

    return opened


@pytest.fixture
def opened(
    request: pytest.FixtureRequest, folder: Folder, open_store: OpenStore, tmp_path: Path
) -> Open:
    async def prepare() -> None:
        async with open_store(folder) as documents:
            await fill(folder.backend(documents))

    asyncio.run(prepare())
    if request.config.getoption("--store") == "sqlite":
        return on_sqlite(folder.path, tmp_path)
    endpoint: Endpoint = request.getfixturevalue("cosmos_endpoint")
    return on_cosmos(endpoint, tmp_path.name, folder)


def test_whatever_happens_the_right_decision_is_in_force(
    opened: Open, pytestconfig: pytest.Config, scale: Callable[[int, int], int]
) -> None:
    is_embedded = pytestconfig.getoption("--store") == "sqlite"
    run_state_machine_as_test(
        partial(Consents, opened),  # type: ignore[arg-type]  # it calls what it is given
        settings=settings(
            derandomize=True,
            database=None,
            deadline=None,
            max_examples=scale(20, 2_000) if is_embedded else scale(3, 100),
            stateful_step_count=scale(30, 50),
            phases=[Phase.generate],
        ),
    )
