"""Imported values of older shapes, kept as files, are read as they always were.

`stored/NAME-N.json` has the document of one customer as schema version N wrote it, and its values.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from shared.measures.documents import SCHEMA_VERSION
from shared.measures.imported import load_measures
from shared.ports.documents import Document, Put
from tests.api import COMPANY, Api

STORED = Path(__file__).parent / "stored"
FILES = sorted(STORED.glob("*.json"))
SPEND = {"name": "spend", "label": "Spend", "dataType": "Decimal"}

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


async def restored(api: Api, path: Path, key: str) -> dict[str, Any]:
    """Put the document of the file into the partition of a customer, and return the file."""
    file: dict[str, Any] = json.loads(path.read_text())
    body = file["document"] | {"customerId": key}
    await api.documents.commit("customers", (key, COMPANY), [Put(body)])
    return file


async def stored(api: Api, key: str) -> Document:
    document = await api.documents.read("customers", (key, COMPANY), "measures")
    assert document
    return document


@each_file
async def test_older_values_are_read_right(api: Api, path: Path) -> None:
    key = (await api.create())["id"]
    file = await restored(api, path, key)
    imported = await load_measures(api.documents, COMPANY, key)

    assert dict(imported.values) == file["values"]
    assert imported.version == file["document"]["version"]


@each_file
async def test_older_values_are_written_in_the_newest_shape(api: Api, path: Path) -> None:
    key = (await api.create())["id"]
    file = await restored(api, path, key)
    await api.put_setting("measures", "spend", SPEND)
    response = await api.call("PUT", "measures/spend", {"values": {key: 1.5}})
    document = await stored(api, key)

    assert response.json() == {"written": 1, "unchanged": 0, "unknown": []}
    assert document.body["values"] == file["values"] | {"spend": 1.5}
    assert document.body["version"] == file["document"]["version"] + 1
    assert document.body["schemaVersion"] == SCHEMA_VERSION
