"""Documents of synchronization in older shapes, kept as files, are answered as they always were.

`stored/NAME-N.json` has the documents of one pending or failed customer as schema version N wrote
them, and what was answered from them then.
"""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from function_app import app
from local.folder import Folder
from local.host.app import Host
from local.store.choice import OpenStore
from shared.ports.documents import Put
from shared.sync.documents import SCHEMA_VERSION, operation_in, update_lists
from shared.sync.failure_notes import failure_of
from tests.api import ADMINISTRATOR, COMPANY, Api, started

STORED = Path(__file__).parent / "stored"
FILES = sorted(STORED.glob("*.json"))

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


@pytest.fixture
async def quiet(folder: Folder, open_store: OpenStore) -> AsyncIterator[Api]:
    """The API of a host that follows no feed and no queue, so that documents stay as they are."""
    host = Host(app, folder, open_store)
    host.functions = [function for function in host.functions if function.kind == "httpTrigger"]
    async with AsyncExitStack() as stack:
        yield await started(host, stack)


def file_of(path: Path) -> dict[str, Any]:
    file: dict[str, Any] = json.loads(path.read_text())
    return file


async def put(api: Api, container: str, partition: tuple[str, ...], bodies: Any) -> None:
    assert bodies
    await api.documents.commit(container, partition, [Put(body) for body in bodies])


async def creation_of(api: Api, key: str) -> dict[str, Any]:
    document = await api.documents.read("customers", (key, COMPANY), "sync:000000000001")
    assert document
    return document.body


@each_file
async def test_older_operations_are_answered_right(quiet: Api, path: Path) -> None:
    file = file_of(path)
    await put(quiet, "customers", (file["key"], COMPANY), file["documents"])
    answer = (await quiet.get(f"customers/{file['key']}/sync-operations")).json()

    assert answer["items"] == file["operations"]


@each_file
async def test_older_lists_are_answered_right(quiet: Api, path: Path) -> None:
    file = file_of(path)
    await put(quiet, "directory", (f"sync {file['status']}", COMPANY), file["list"])
    answer = await quiet.get(f"sync-operations?status={file['status']}", bearer=ADMINISTRATOR)

    assert answer.json()["items"] == file["unsynchronized"]


@each_file
async def test_an_older_entry_of_a_list_is_replaced_by_the_newest(quiet: Api, path: Path) -> None:
    file = file_of(path)
    partition = (f"sync {file['status']}", COMPANY)
    await put(quiet, "directory", partition, file["list"])
    creation = operation_in(
        next(body for body in file["documents"] if body["id"] == "sync:000000000001")
    )
    assert creation
    await update_lists(creation, quiet.documents)
    [entry] = (await quiet.documents.query("directory", partition)).documents

    assert entry.body == file["list"][0] | {"schemaVersion": SCHEMA_VERSION}


@each_file
async def test_an_older_relay_mark_is_seen_by_the_trace(quiet: Api, path: Path) -> None:
    file = file_of(path)
    await put(quiet, "customers", (file["key"], COMPANY), file["documents"])
    await put(quiet, "requests", (f"relayed:{file['key']}",), file["relayed"])
    trace = (await quiet.get(f"customers/{file['key']}/trace")).json()
    relayed = next(step for step in trace["steps"] if step["step"] == "relayed")
    expected = next(step for step in file["trace"] if step["step"] == "relayed")

    assert (relayed["state"], relayed["version"]) == ("done", expected["version"])
    assert relayed["at"] == file["relayed"][0]["at"]


@each_file
async def test_an_older_failure_is_read(quiet: Api, path: Path) -> None:
    file = file_of(path)
    message_id = f"{file['key']}:sync:1"
    await put(quiet, "requests", (f"failure:{message_id}",), file["failure"])
    failure = await failure_of(message_id, quiet.documents)

    assert failure
    assert (failure.code, failure.detail) == ("internal", "An unforeseen KeyError.")


@each_file
async def test_an_older_operation_is_written_in_the_newest_shape(quiet: Api, path: Path) -> None:
    file = file_of(path)
    await put(quiet, "customers", (file["key"], COMPANY), file["documents"])
    before = await creation_of(quiet, file["key"])
    response = await quiet.post(f"customers/{file['key']}/resync", bearer=ADMINISTRATOR)
    after = await creation_of(quiet, file["key"])

    assert response.status_code == 200, response.text
    assert after["attempts"] == before["attempts"] + 1
    assert after["schemaVersion"] == SCHEMA_VERSION
    assert (after["status"] == "Synced") == (file["status"] == "pending")
