"""Messages that were given up: why, put right, sent again."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pydantic_core import to_json

from function_app import app
from local.bus.sqlite import SqliteBus
from local.folder import Folder
from local.host.app import Host
from local.store.choice import OpenStore
from shared.composition import wiring
from shared.platform.topology import messaging
from shared.sync.domain.operations import SynchronizeCustomer
from shared.sync.outbox import CUSTOMER_SYNC
from tests.api import ADMINISTRATOR, COMPANY, Api, a_customer, started
from tests.dead_lettered import a_message, dead_letter

HEAD: dict[str, Any] = {"bearer": ADMINISTRATOR}
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
async def still(folder: Folder, open_store: OpenStore) -> AsyncIterator[Api]:
    """The API of a host whose queue nobody serves."""
    host = Host(app, folder, open_store)
    host.functions = [one for one in host.functions if one.kind != "serviceBusTrigger"]
    async with AsyncExitStack() as stack:
        yield await started(host, stack)


def bus() -> SqliteBus:
    bus = wiring.backend().bus
    assert isinstance(bus, SqliteBus)
    return bus


async def listed(api: Api, count: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(30):
        while True:
            items: list[dict[str, Any]] = (await api.get("dead-letters", **HEAD)).json()["items"]
            if len(items) == count:
                return items
            await asyncio.sleep(0.05)


async def test_poison_is_given_up_after_its_deliveries_and_says_why(api: Api) -> None:
    await bus().send(CUSTOMER_SYNC, [a_message("m1", b"poison")])
    [letter] = await listed(api, 1)

    assert letter["reason"] == "MaxDeliveryCountExceeded"
    assert letter["failure"]["code"] == "message-not-understood"
    assert letter["body"] == "poison"
    assert (letter["messageId"], letter["entity"]) == ("m1", CUSTOMER_SYNC)


async def test_what_stood_in_the_way_is_put_right_and_the_message_replayed(api: Api) -> None:
    key = str(uuid4())
    command = SynchronizeCustomer(legal_entity=COMPANY, customer_id=key)
    await bus().send(
        CUSTOMER_SYNC, [a_message("m1", command.model_dump_json(by_alias=True).encode())]
    )
    [letter] = await listed(api, 1)
    made = await api.post("customers", a_customer(id=key), prefer="respond-async")
    replayed = await api.post(f"dead-letters/{letter['id']}/replay", **HEAD)
    again = await api.post(f"dead-letters/{letter['id']}/replay", **HEAD)

    assert letter["failure"]["code"] == "customer-not-found"
    assert (made.status_code, replayed.status_code, again.status_code) == (202, 204, 404)
    async with asyncio.timeout(20):
        while (await api.get(f"customers/{key}")).json()["syncStatus"] != "Synced":
            await asyncio.sleep(0.05)
    assert await listed(api, 0) == []


async def test_a_message_can_be_put_right_itself(api: Api) -> None:
    made = await api.create()
    await bus().send(CUSTOMER_SYNC, [a_message("m1")])
    [letter] = await listed(api, 1)
    body = {"kind": "synchronize-customer", "legalEntity": COMPANY, "customerId": made["id"]}
    replayed = await api.post(f"dead-letters/{letter['id']}/replay", {"body": body}, **HEAD)
    async with asyncio.timeout(10):
        while await bus().receive(CUSTOMER_SYNC):
            await asyncio.sleep(0.05)

    assert replayed.status_code == 204
    assert await listed(api, 0) == []


async def test_dead_letters_come_in_pages_and_each_can_be_read_and_dropped(still: Api) -> None:
    await dead_letter(bus(), *(a_message(f"m{n}") for n in range(3)))
    first = (await still.get("dead-letters?limit=2", **HEAD)).json()
    rest = (await still.get(f"dead-letters?limit=2&cursor={first['nextCursor']}", **HEAD)).json()
    path = f"dead-letters/{first['items'][0]['id']}"
    read = await still.get(path, **HEAD)
    unnamed = await still.call("DELETE", path, **HEAD)
    twice = [await still.call("DELETE", path, if_match="*", **HEAD) for _ in range(2)]
    dropped = [response.status_code for response in twice]

    assert [one["messageId"] for one in (*first["items"], *rest["items"])] == ["m0", "m1", "m2"]
    assert rest["nextCursor"] is None
    assert read.json() == {
        name: value for name, value in first["items"][0].items() if name != "etag"
    }
    assert (unnamed.status_code, dropped) == (428, [204, 404])


async def test_a_company_sees_its_own_only(still: Api) -> None:
    await dead_letter(bus(), a_message("theirs", legalEntity="DEMF"), a_message("ours"))
    [ours] = await listed(still, 1)
    theirs = await bus().dead_letters(CUSTOMER_SYNC, after=0, limit=1)
    path = f"dead-letters/{CUSTOMER_SYNC}~{theirs[0].sequence}"

    assert ours["messageId"] == "ours"
    assert (await still.get(path, **HEAD)).status_code == 404
    assert (await still.post(f"{path}/replay", **HEAD)).status_code == 404
    for name in ("nonsense", "customer-sync~x", "customer-sync~99", "nobody~1"):
        assert (await still.get(f"dead-letters/{name}", **HEAD)).status_code == 404


def command(api: Api, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "local", "dead-letters", *arguments, "--data", data_folder(api)],
        cwd=ROOT, capture_output=True, text=True, check=False, env=os.environ,
    )  # fmt: skip


def data_folder(api: Api) -> str:
    return str(api.host.folder.path)


async def test_the_command_line_does_the_same(still: Api) -> None:
    await dead_letter(bus(), a_message("m1"), a_message("m2"))

    def run(*arguments: str) -> Any:
        return asyncio.to_thread(command, still, *arguments)

    shown = (await run("list")).stdout.splitlines()
    one, other = (line.split("\t")[0] for line in shown)
    show = await run("show", one)
    replay = await run("replay", one)
    drop = await run("drop", other)
    gone = await run("drop", other)

    assert [line.split("\t")[2] for line in shown] == 2 * ["MaxDeliveryCountExceeded"]
    assert '"messageId": "m1"' in show.stdout
    assert [one.returncode for one in (show, replay, drop, gone)] == [0, 0, 0, 1]
    assert gone.stderr == f"There is no dead letter {other}.\n"
    assert messaging().queues[CUSTOMER_SYNC].max_deliveries == 8


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"legalEntity": "AB"}, "another-company"),
        ({"customerId": "11111111-2222-4333-8444-555555555555"}, "another-subject"),
        ({"kind": "build-package"}, "literal-error"),
        ({"customerId": None}, "string-type"),
        ({"tpyo": 1}, "extra-forbidden"),
    ],
    ids=str,
)
async def test_a_message_stays_in_its_company_and_with_its_customer(
    still: Api, change: dict[str, Any], code: str
) -> None:
    made = await still.create()
    body = {"kind": "synchronize-customer", "legalEntity": COMPANY, "customerId": made["id"]}
    await dead_letter(bus(), a_message("m1", to_json(body)))
    [letter] = await listed(still, 1)
    answer = await still.post(
        f"dead-letters/{letter['id']}/replay", {"body": body | change}, **HEAD
    )

    assert answer.status_code == 422, answer.text
    assert code in {flaw["code"] for flaw in answer.json()["errors"]}
    assert [one["id"] for one in await listed(still, 1)] == [letter["id"]]


async def test_a_message_of_another_company_than_it_says_is_given_up(api: Api) -> None:
    made = await api.create()
    body = {"kind": "synchronize-customer", "legalEntity": "AB", "customerId": made["id"]}
    await bus().send(CUSTOMER_SYNC, [a_message("m1", to_json(body))])
    [letter] = await listed(api, 1)

    assert letter["failure"]["code"] == "message-not-understood"
    assert letter["properties"]["legalEntity"] == COMPANY
