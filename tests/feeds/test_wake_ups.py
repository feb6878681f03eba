"""No feed takes for the truth what a replica shows that lags behind what the feed has told."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from function_app import app
from local.bus.sqlite import SqliteBus
from local.folder import Folder
from local.host.app import Host
from local.host.functions import read_functions
from shared.composition import wiring
from shared.core.errors import Unavailable
from shared.distribution.domain.entries import customer_shard
from shared.distribution.index.documents import read_entry
from shared.platform.sessions import session
from shared.ports.documents import Put
from tests.api import ADMINISTRATOR, COMPANY, MANAGER, Api, a_customer, an_email, started
from tests.doubles.cosmos.containers import Container
from tests.doubles.cosmos.endpoint import Endpoint
from tests.doubles.cosmos.faults import Conditions
from tests.doubles.cosmos.stores import cosmos_documents
from tests.feeds.told import told
from tests.stored import TRICIA

KAREN = "0c5d6f1e-7f1b-4c55-9a60-5a9f3c1d2e3f"
BOOK = "client-books/000137"
NDJSON = "application/x-ndjson"
SWITCHES = (
    "performance-improvements-for-customer-orders",
    "enhanced-async-customer-creation",
)


@dataclass
class Scene:
    """A company whose feeds rest, and the last change in it, which nobody has followed."""

    api: Api
    folder: Folder
    endpoint: Endpoint
    name: str
    bus: SqliteBus
    before: dict[str, int] = field(default_factory=dict)

    def now_the_change(self) -> None:
        """Note how far each container has come before the change that the feed tells of."""
        containers = self.endpoint.database(self.name).values()
        self.before = {container.name: container.lsn for container in containers}

    def container(self, name: str) -> Container:
        return self.endpoint.database(self.name)[name]

    async def run(self, function: str, container: str) -> None:
        """Invoke the function of a feed in a process of its own, which has written nothing."""
        mine = wiring.backend()
        [feed] = [one for one in read_functions(app) if one.name == function]
        changes = await told(self.api.documents, container)
        async with cosmos_documents(self.endpoint, self.name) as documents:
            wiring.install(self.folder.backend(documents, self.bus))
            session.set(None)  # requests of this test have left theirs
            try:
                await feed.invoke(changes)
            finally:
                wiring.install(mine)


class Resting(Host):
    """A host that follows no feed, no queue and no timer."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.functions = [one for one in self.functions if one.kind == "httpTrigger"]


@pytest.fixture
async def scene(
    folder: Folder, cosmos_endpoint: Endpoint, configured_cosmos: str, tmp_path: Path
) -> AsyncIterator[Scene]:
    name = tmp_path.name
    cosmos_endpoint.conditions = Conditions(lag=1e-6)  # so that former versions are kept
    cosmos_endpoint.copy(configured_cosmos, name)
    host = Resting(app, folder, lambda _: cosmos_documents(cosmos_endpoint, name))
    bus = SqliteBus(folder.bus)
    async with AsyncExitStack() as stack:
        yield Scene(await started(host, stack), folder, cosmos_endpoint, name, bus)
        bus.close()


def good(response: httpx.Response) -> Any:
    assert response.is_success, response.text
    return response.json() if response.content else None


async def in_book(api: Api, key: str = KAREN) -> None:
    await api.create(id=key)
    good(await api.post(f"{BOOK}/clients", {"customerIds": [key]}, bearer=TRICIA))


async def pending(scene: Scene) -> Callable[[], Awaitable[None]]:
    later = {"prefer": "respond-async"}
    for feature in SWITCHES:
        good(await scene.api.switch(feature, True))
    scene.now_the_change()
    good(await scene.api.post("customers", a_customer(id=KAREN), **later))

    async def check() -> None:
        assert await scene.bus.receive("customer-sync")

    return check


async def unlisted(scene: Scene) -> Callable[[], Awaitable[None]]:
    scene.now_the_change()
    with scene.api.crashing_before_the_directory():
        await scene.api.create(id=KAREN)

    async def check() -> None:
        assert await scene.api.names("karen") == ["Karen Berg"]

    return check


async def old_card(scene: Scene) -> Callable[[], Awaitable[None]]:
    await in_book(scene.api)
    scene.now_the_change()
    with scene.api.failing_after(1):  # of commits: the card is not written
        path = f"customers/{KAREN}"
        await scene.api.call("PATCH", path, {"firstName": "Zoe"}, if_match="*")

    async def check() -> None:
        page = good(await scene.api.get(f"{BOOK}/clients", bearer=TRICIA))
        assert [item["name"] for item in page["items"]] == ["Zoe Berg"]

    return check


async def left_follow_up(scene: Scene) -> Callable[[], Awaitable[None]]:
    await in_book(scene.api)
    body = {"customerId": KAREN, "subject": "Call her", "dueOn": "2031-05-04"}
    good(await scene.api.post(f"{BOOK}/follow-ups", body, bearer=TRICIA))
    scene.now_the_change()
    move = {"customerIds": [KAREN], "to": "000160"}
    good(await scene.api.post(f"{BOOK}/reassignments", move, bearer=MANAGER))

    async def check() -> None:
        theirs = good(await scene.api.get("client-books/000160/follow-ups", bearer=MANAGER))
        assert [item["subject"] for item in theirs["items"]] == ["Call her"]

    return check


async def started_import(scene: Scene) -> Callable[[], Awaitable[None]]:
    scene.now_the_change()
    line = json.dumps(a_customer()).encode()
    made = good(await scene.api.post("imports", line, content_type=NDJSON))

    async def check() -> None:
        done = good(await scene.api.get(f"imports/{made['id']}"))
        assert (done["status"], done["created"]) == ("Completed", 1)

    return check


async def started_move(scene: Scene) -> Callable[[], Awaitable[None]]:
    await in_book(scene.api)
    body = {"rule": "ToOne", "to": "000160"}
    made = good(await scene.api.post(f"{BOOK}/handover-plans", body, bearer=MANAGER))
    path = f"{BOOK}/handover-plans/{made['id']}"
    scene.now_the_change()
    good(await scene.api.post(f"{path}/execution", bearer=MANAGER))

    async def check() -> None:
        assert good(await scene.api.get(path, bearer=ADMINISTRATOR))["status"] == "Executed"

    return check


async def whole_upload(scene: Scene) -> Callable[[], Awaitable[None]]:
    operation = {
        "operationId": KAREN, "type": "create", "customerId": KAREN,
        "at": "2026-11-20T10:01:00Z", "body": a_customer(),
    }  # fmt: skip
    path = "channels/HOUSTON/upload-sessions"
    lines = json.dumps(operation).encode()
    scene.now_the_change()
    made = good(await scene.api.post(path, lines, content_type=NDJSON))

    async def check() -> None:
        done = good(await scene.api.get(f"{path}/{made['id']}"))
        assert done["status"] == "Applied", done

    return check


async def requested_erasure(scene: Scene) -> Callable[[], Awaitable[None]]:
    await scene.api.create(id=KAREN)
    scene.now_the_change()
    path = f"customers/{KAREN}/erasure"
    body = {"reason": "request", "immediately": True}
    good(await scene.api.post(path, body, bearer=ADMINISTRATOR))

    async def check() -> None:
        assert good(await scene.api.get(path, bearer=ADMINISTRATOR))["state"] == "Completed"

    return check


async def without_points(scene: Scene) -> Callable[[], Awaitable[None]]:
    await scene.api.create(id=KAREN, contacts=[an_email()])
    stored = await scene.api.documents.read("customers", (KAREN, COMPANY), KAREN)
    assert stored
    contacts = [one | {"marketingConsent": "OptedOut"} for one in stored.body["contacts"]]
    older = stored.body | {"schemaVersion": 3, "version": 2, "contacts": contacts}
    scene.now_the_change()
    await scene.api.documents.commit("customers", (KAREN, COMPANY), [Put(older)])

    async def check() -> None:
        [contact] = good(await scene.api.get(f"customers/{KAREN}/contacts"))["items"]
        assert [one["decision"] for one in contact["consents"]] == ["OptedOut"]

    return check


async def unindexed(scene: Scene) -> Callable[[], Awaitable[None]]:
    await scene.api.create(id=KAREN)
    scene.now_the_change()
    await scene.api.call("PATCH", f"customers/{KAREN}", {"lastName": "Bergen"}, if_match="*")

    async def check() -> None:
        context = wiring.backend().context(COMPANY, "system:test", datetime.now(UTC))
        entry = await read_entry(customer_shard(KAREN), "customers", KAREN, context)
        assert entry
        assert (entry.row or {})["lastName"] == "Bergen"

    return check


async def queued_run(scene: Scene) -> Callable[[], Awaitable[None]]:
    path = "distribution-jobs/1010/runs"
    good(await scene.api.get("distribution-jobs"))
    scene.now_the_change()
    made = good(await scene.api.post(path, {}))

    async def check() -> None:
        assert await scene.bus.receive("distribution-runs")
        assert good(await scene.api.get(f"{path}/{made['id']}"))["status"] == "Running"

    return check


@pytest.mark.parametrize(
    ("function", "container", "prepare"),
    [
        ("relay_events", "customers", pending),
        ("repair_directory", "customers", unlisted),
        ("keep_cards", "customers", old_card),
        ("move_follow_ups", "customers", left_follow_up),
        ("index_points", "customers", without_points),
        ("run_erasures", "customers", requested_erasure),
        ("index_customers", "customers", unindexed),
        ("run_imports", "requests", started_import),
        ("move_clients", "books", started_move),
        ("apply_uploads", "distribution", whole_upload),
        ("send_runs", "distribution", queued_run),
    ],
)
async def test_a_change_that_does_not_show_yet_comes_again(
    scene: Scene, function: str, container: str, prepare: Callable[[Scene], Any]
) -> None:
    check = await prepare(scene)
    place = scene.container(container)
    place.replica.at = scene.before[container]
    with pytest.raises(Unavailable):
        await scene.run(function, container)
    place.replica.at = None
    await scene.run(function, container)

    await check()
