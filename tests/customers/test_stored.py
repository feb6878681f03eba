"""Documents of older shapes, kept as files, are answered as they always were.

`stored/NAME-N.json` has the documents of one customer as schema version N wrote them, and what
was answered from them then.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from shared.core.upgrades import upgrade
from shared.customers.documents import COMPUTED, SCHEMA_VERSION
from shared.ports.documents import Document, Put
from tests.api import COMPANY, Api

STORED = Path(__file__).parent / "stored"

each_file = pytest.mark.parametrize(
    "name", sorted(path.stem for path in STORED.glob("*.json")), ids=str
)


async def kept(api: Api, name: str) -> dict[str, Any]:
    """Put the documents of a file into the store, and return the file."""
    file: dict[str, Any] = json.loads((STORED / f"{name}.json").read_text())
    writes = [Put(body) for body in file["documents"]]
    await api.documents.commit("customers", (file["key"], COMPANY), writes)
    return file


async def stored(api: Api, key: str, document_id: str) -> Document:
    document = await api.documents.read("customers", (key, COMPANY), document_id)
    assert document
    return document


def without_etags(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in item.items() if name != "etag"} for item in items]


def as_then(answer: Any, then: Any) -> Any:
    """Return the answer without the fields that were not there yet, which must be empty."""
    if isinstance(answer, list):
        return [as_then(*pair) for pair in zip(answer, then, strict=True)]
    if not isinstance(answer, dict):
        return answer
    assert not any(answer[name] for name in answer.keys() - then.keys())
    return {name: as_then(answer[name], then[name]) for name in answer if name in then}


@each_file
async def test_an_older_document_is_answered_right(api: Api, name: str) -> None:
    file = await kept(api, name)
    path = f"customers/{file['key']}"

    assert as_then((await api.get(path)).json(), file["answer"]) == file["answer"]
    addresses = (await api.get(f"{path}/addresses")).json()["items"]
    assert without_etags(addresses) == without_etags(file["addresses"])


@each_file
async def test_an_older_document_is_written_in_the_newest_shape(api: Api, name: str) -> None:
    file = await kept(api, name)
    path = f"customers/{file['key']}"
    answer = (await api.call("PATCH", path, {"receiptOption": "Both"}, if_match="*")).json()
    document = await stored(api, file["key"], file["key"])

    assert document.body["schemaVersion"] == SCHEMA_VERSION
    assert not COMPUTED & document.body.keys()
    assert answer["receiptOption"] == "Both"
    for field in COMPUTED:
        assert answer[field] == file["answer"][field]


async def test_what_is_computed_is_answered_and_not_stored(api: Api) -> None:
    created = await api.create()
    bodies = (await api.documents.query("customers", (created["id"], COMPANY))).documents

    assert created["name"] == "Karen Berg"
    assert created["displayAccount"] == created["accountNumber"]
    assert created["capabilities"] == {"loyaltyCard": True, "syncOrder": True}
    customer = next(one for one in bodies if one.body["type"] == "customer")
    assert not COMPUTED & customer.body.keys()
    assert all("schemaVersion" in one.body for one in bodies)


async def test_what_a_newer_instance_wrote_is_read_as_far_as_it_is_known(api: Api) -> None:
    key = (await api.create())["id"]
    document = await stored(api, key, key)
    newer = document.body | {"schemaVersion": SCHEMA_VERSION + 1, "fromTheFuture": True}
    await api.documents.commit("customers", (key, COMPANY), [Put(newer)])
    answer = (await api.get(f"customers/{key}")).json()

    assert answer["firstName"] == "Karen"
    assert "fromTheFuture" not in answer


def test_a_document_passes_every_step_of_the_table_in_turn() -> None:
    steps = {1: lambda body: {**body, "two": True}, 2: lambda body: {**body, "three": True}}

    assert upgrade({"id": "x"}, steps, 3) == {
        "id": "x", "two": True, "three": True, "schemaVersion": 3,
    }  # fmt: skip
    assert upgrade({"id": "x", "schemaVersion": 2}, steps, 3) == {
        "id": "x", "three": True, "schemaVersion": 3,
    }  # fmt: skip
