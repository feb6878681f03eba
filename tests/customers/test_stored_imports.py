"""Imports of older shapes, kept as files, are answered and worked through as they always were.

`stored/imports/NAME-N.json` has the documents of one import as schema version N wrote them, and
what was answered from them then.
"""

import asyncio
import json
from pathlib import Path
from typing import Any

from shared.customers.imports.documents import SCHEMA_VERSION
from shared.ports.documents import Put
from tests.api import Api

STORED = Path(__file__).parent / "stored" / "imports"


async def kept(api: Api, name: str) -> dict[str, Any]:
    """Put the documents of a file into the store, and return the file."""
    file: dict[str, Any] = json.loads((STORED / f"{name}.json").read_text())
    writes = [Put(body) for body in file["documents"]]
    await api.documents.commit("requests", (file["id"],), writes)
    return file


async def test_an_older_import_is_answered_right(api: Api) -> None:
    file = await kept(api, "completed-1")

    answer = (await api.get(f"imports/{file['id']}")).json()

    assert answer == file["answer"] | {"setAside": []}


async def test_an_older_import_that_was_running_is_worked_through(api: Api) -> None:
    file = await kept(api, "running-1")
    path = f"imports/{file['id']}"
    async with asyncio.timeout(90):
        while (answer := (await api.get(path)).json())["status"] != "Completed":
            await asyncio.sleep(0.05)
    header = await api.documents.read("requests", (file["id"],), "import")

    assert (answer["created"], answer["refused"], answer["setAside"]) == (81, 1, [])
    assert [line["line"] for line in answer["refusedLines"]["items"]] == [82]
    assert header
    assert header.body["schemaVersion"] == SCHEMA_VERSION
