"""Whatever happens in between, at rest a channel holds what its scope has of the master."""

import asyncio
import itertools
import random
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    suppress,
)
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from function_app import app
from local.folder import Folder
from local.store.choice import OpenStore
from shared.composition import wiring
from shared.distribution.audience import read_audience
from shared.distribution.building.build import build_package
from shared.distribution.building.orders import Order
from shared.distribution.index.customers import index_changes
from shared.distribution.index.settings import index_tables
from shared.distribution.runs.jobs import read_job
from shared.ports.changes import change_of
from shared.ports.documents import Documents
from tests.api import Api, an_address, started
from tests.consent.spreading.test_spread_under_faults import Crash, Dying
from tests.distribution.index.test_customers import context_now
from tests.distribution.reference_channel import PowerCut, ReferenceChannel
from tests.distribution.scenes import channel_of
from tests.distribution.test_end_to_end import COMPUTED
from tests.doubles.cosmos.endpoint import Endpoint
from tests.doubles.cosmos.stores import cosmos_documents
from tests.feeds.test_wake_ups import Resting

BOOKS = ("USRSA", "USRSW")
CHANNELS = {"HOUSTON": "USRSA", "SANFRAN": "USRSW"}
JOBS = ("1110", "1010")
STEPS = 30


@dataclass
class Company:
    """A company with two channels, in which things happen in a random order."""

    api: Api
    chance: random.Random
    channels: dict[str, ReferenceChannel] = field(default_factory=dict)
    customers: list[str] = field(default_factory=list)
    position: str | None = None
    count: int = 0

    async def live(self, steps: int) -> None:
        for number in CHANNELS:
            self.channels[number] = channel_of(
                self.api, number, step=self.chance.choice([300, 9000])
            )
        doings = (
            self._create, self._edit, self._edit, self._move, self._address, self._end_address,
            self._title, self._follow, self._follow, self._again, self._build, self._build,
            self._build_and_die, self._download, self._download, self._fail, self._cancel,
        )  # fmt: skip
        for _ in range(steps):
            await self.chance.choice(doings)()
        await self._rest()
        for number, book in CHANNELS.items():
            await self._compare(self.channels[number], book)

    async def _create(self) -> None:
        books = [book for book in BOOKS if self.chance.random() < 0.6]
        made = await self.api.create(addressBooks=books, addresses=[an_address()])
        self.customers.append(made["id"])

    async def _edit(self) -> None:
        await self._patch({"lastName": f"Name {self.chance.random()}"})

    async def _move(self) -> None:
        books = [book for book in BOOKS if self.chance.random() < 0.5]
        await self._patch({"addressBooks": books})

    async def _patch(self, body: dict[str, Any]) -> None:
        if self.customers:
            key = self.chance.choice(self.customers)
            answer = await self.api.call("PATCH", f"customers/{key}", body, if_match="*")
            assert answer.status_code == 200, answer.text

    async def _address(self) -> None:
        if self.customers:
            key = self.chance.choice(self.customers)
            await self.api.post(f"customers/{key}/addresses", an_address())

    async def _end_address(self) -> None:
        if self.customers:
            key = self.chance.choice(self.customers)
            items = (await self.api.get(f"customers/{key}/addresses")).json()["items"]
            if secondary := [one for one in items if not one["primary"]]:
                path = f"customers/{key}/addresses/{self.chance.choice(secondary)['id']}"
                await self.api.call("DELETE", path, if_match="*")

    async def _title(self) -> None:
        self.count += 1
        name = f"Title {self.chance.randrange(3)}"
        await self.api.put_setting("titles", name, {"name": name})

    async def _follow(self) -> None:
        """Follow some of what the feed tells."""
        changes = await self.api.documents.changes("customers", self.position, 25)
        told = [
            change_of(
                "customers",
                one.body | dict(zip(("customerKey", "legalEntity"), one.partition, strict=True)),
            )
            for one in changes.documents
        ]
        ours = [one for one in told if one.key in self.customers]
        await index_changes(ours, context_now())
        self.position = changes.position

    async def _again(self) -> None:
        """Let the feed begin from the beginning."""
        self.position = None

    async def _build(self, *, dying: int | None = None) -> None:
        job = self.chance.choice(JOBS)
        self.count += 1
        for channel in CHANNELS:
            await self._build_one(job, channel, dying)

    async def _build_and_die(self) -> None:
        """Let a builder die before or after its commit, and its message come again or not."""
        with suppress(Crash):
            await self._build(dying=self.chance.randint(1, 3))

    async def _build_one(self, job: str, channel: str, dying: int | None) -> None:
        context = context_now()
        known = (await read_job(job, context)).job.value
        await index_tables(known.kind.tables, context)
        audience = await read_audience(context)
        group = audience.group_of(channel)
        scope = audience.scope(group, known)
        is_full = self.chance.random() < 0.1
        order = Order(
            group, job, f"run{self.count}", scope, is_full=is_full, after=known.kind.after
        )
        packages = wiring.backend().packages
        if dying:
            is_after = self.chance.random() < 0.5
            store: Any = Dying(context.documents, dying, after=is_after)
            context = replace(context, documents=store)
        await build_package(order, packages=packages, context=context)

    async def _download(self) -> None:
        """Let a channel take what it is offered; its power may be cut meanwhile."""
        channel = self.chance.choice(list(self.channels.values()))
        if self.chance.random() < 0.5:
            channel.dies_after = channel.requests + self.chance.randint(1, 12)
        with suppress(PowerCut):
            await channel.catch_up()
        channel.dies_after = None

    async def _fail(self) -> None:
        await self._say("ApplyFailed")

    async def _cancel(self) -> None:
        await self._say("Canceled")

    async def _say(self, status: str) -> None:
        number = self.chance.choice(list(CHANNELS))
        path = f"channels/{number}/download-sessions"
        items = (await self.api.get(f"{path}?status=Available")).json()["items"]
        if items:
            name = self.chance.choice(items)["id"]
            await self.api.call("PATCH", f"{path}/{name}", {"status": status}, if_match="*")

    async def _rest(self) -> None:
        """Let the feed tell everything, and every channel take everything."""
        before = None
        while before != self.position or before is None:
            before = self.position
            await self._follow()
        for job, number in itertools.product(JOBS, CHANNELS):
            self.count += 1
            await self._build_one(job, number, None)
        for number, channel in self.channels.items():
            await self._retry(number)
            await channel.catch_up()

    async def _retry(self, number: str) -> None:
        path = f"channels/{number}/download-sessions"
        failed = (await self.api.get(f"{path}?status=ApplyFailed&limit=100")).json()["items"]
        for one in failed:
            await self.api.call(
                "PATCH", f"{path}/{one['id']}", {"status": "Requested"}, if_match="*"
            )

    async def _compare(self, channel: ReferenceChannel, book: str) -> None:
        customers, addresses = {}, {}
        for key in self.customers:
            body = (await self.api.get(f"customers/{key}")).json()
            if book in body["addressBooks"]:
                customers[key] = {name: one for name, one in body.items() if name not in COMPUTED}
                path = f"customers/{key}/addresses?limit=100"
                for one in (await self.api.get(path)).json()["items"]:
                    one.pop("etag")
                    addresses[f"{key}/{one['id']}"] = {"customerId": key, **one}
        held = channel.table("1010", "customers")
        assert {key: row for key, row in held.items() if key in self.customers} == customers
        rest = channel.table("1010", "customer-addresses")
        assert {key: one for key, one in rest.items() if key.split("/")[0] in self.customers} == (
            addresses
        )


Open = Callable[[], AbstractAsyncContextManager[Api]]


@pytest.fixture
def opened(
    request: pytest.FixtureRequest, folder: Folder, open_store: OpenStore, tmp_path: Path
) -> Open:
    """Return what opens a company of its own for each example."""
    count = itertools.count()
    is_embedded = request.config.getoption("--store") == "sqlite"

    @asynccontextmanager
    async def open_company() -> AsyncIterator[Api]:
        name = f"{tmp_path.name}-{next(count)}"
        mine = Folder(shutil.copytree(folder.path, tmp_path / name))
        store = open_store
        if not is_embedded:
            endpoint: Endpoint = request.getfixturevalue("cosmos_endpoint")
            endpoint.copy(request.getfixturevalue("configured_cosmos"), name)
            store = partial(in_database, endpoint, name)
        async with AsyncExitStack() as stack:
            yield await started(Resting(app, mine, store), stack)
        shutil.rmtree(mine.path)

    return open_company


def in_database(endpoint: Endpoint, name: str, _: Folder) -> AbstractAsyncContextManager[Documents]:
    return cosmos_documents(endpoint, name)


async def live(opened: Open, seed: int) -> None:
    async with opened() as api:
        await Company(api, random.Random(seed)).live(STEPS)


def test_at_rest_channels_hold_what_their_scope_has_of_the_master(
    opened: Open, pytestconfig: pytest.Config, scale: Callable[[int, int], int]
) -> None:
    is_embedded = pytestconfig.getoption("--store") == "sqlite"
    with asyncio.Runner() as runner:

        @settings(
            derandomize=True, database=None, deadline=None, phases=[Phase.generate],
            max_examples=scale(12, 1_000) if is_embedded else scale(2, 50),
        )  # fmt: skip
        @given(st.integers(0, 2**63))
        def whatever_happens(seed: int) -> None:
            runner.run(live(opened, seed))

        whatever_happens()
