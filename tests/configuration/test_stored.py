"""Settings of older shapes, kept as files, are answered as they always were.

`stored/NAME-N.json` has the documents of one company as schema version N wrote them, by
collection, and what was answered from them then, by path.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from shared.composition import wiring
from shared.configuration.companies import every_company
from shared.configuration.documents import SCHEMA_VERSION
from shared.ports.documents import Put, Remove
from tests.api import ADMINISTRATOR, COMPANY, Api

STORED = Path(__file__).parent / "stored"
NEW_PARAMETERS = {
    "accessLogDays": 180,
    "administratorRequestBurst": 0,
    "administratorRequestsASecond": 0,
    "applicationRequestBurst": 0,
    "applicationRequestsASecond": 0,
    "customerRequestBurst": 100,
    "customerRequestsASecond": 10,
    "employeeRequestBurst": 5000,
    "employeeRequestsASecond": 200,
    "customersAnHour": 2000,
    "confirmationDays": 7,
    "downloadEverySeconds": 60,
    "erasureCancelDays": 7,
    "employeeFields": [],
    "mostAddresses": 10000,
    "trustUnregisteredChannels": True,
    "trustUnregisteredWorkers": False,
}
NEW_OF_ATTRIBUTES = {"setBy": "anyone", "selfService": "read"}
FILES = sorted(STORED.glob("*.json"))

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


async def restored(api: Api, path: Path) -> dict[str, Any]:
    """Put the documents of a file into the store, nothing else there, and return the file."""
    file: dict[str, Any] = json.loads(path.read_text())
    for collection, bodies in file["documents"].items():
        partition = (COMPANY, collection)
        existing = (await api.documents.query("settings", partition, limit=500)).documents
        removals = [Remove(document.id) for document in existing]
        await api.documents.commit("settings", partition, removals)
        await api.documents.commit("settings", partition, [Put(body) for body in bodies])
    await api.documents.commit(
        "settings", ("*", "companies"), [Put(body) for body in file["companies"]]
    )
    wiring.backend().configuration.forget(COMPANY)
    return file


async def stored(api: Api, collection: str, key: str) -> dict[str, Any]:
    document = await api.documents.read("settings", (COMPANY, collection), key)
    assert document
    return document.body


def without_etags(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in item.items() if name != "etag"} for item in items]


RETIRED_SINCE = {"customer-groups", "affiliations", "address-books", "address-purposes", "titles"}


def with_new_fields(resource: str, answer: Any) -> Any:
    """Return the answer with what could not be configured then, at its defaults."""
    if resource == "settings/attributes":
        return [item | {"setting": item["setting"] | NEW_OF_ATTRIBUTES} for item in answer]
    if resource.removeprefix("settings/") in RETIRED_SINCE:
        return [item | {"setting": item["setting"] | {"active": True}} for item in answer]
    return answer | NEW_PARAMETERS if resource == "parameters" else answer


@each_file
async def test_older_settings_are_answered_right(api: Api, path: Path) -> None:
    file = await restored(api, path)

    assert file["answers"].keys() >= {"", "parameters", "features", "settings/stores"}
    for resource, expected in file["answers"].items():
        limit = "?limit=100" if resource.startswith("settings/") else ""
        url = f"/api/v1/{COMPANY}/{resource}{limit}".rstrip("/")
        answer = (await api.get(url, bearer=ADMINISTRATOR)).json()
        actual = without_etags(answer["items"]) if isinstance(expected, list) else answer
        assert actual == with_new_fields(resource, expected), resource
    assert COMPANY in await every_company(api.documents)


@each_file
async def test_older_settings_are_written_in_the_newest_shape(api: Api, path: Path) -> None:
    file = await restored(api, path)
    before = {body["id"]: body for body in file["documents"]["stores"]}["HOUSTON"]
    changes = [
        await api.put_setting(
            "stores", "HOUSTON", before["setting"] | {"defaultCustomerId": None}, if_match="*"
        ),
        await api.call("PATCH", "parameters", {}, bearer=ADMINISTRATOR, if_match="*"),
        await api.switch("clienteling", False),
    ]
    store = await stored(api, "stores", "HOUSTON")
    parameters = await stored(api, "parameters", "parameters")

    assert [change.status_code for change in changes] == [200, 200, 200]
    assert store == before | {
        "setting": before["setting"] | {"defaultCustomerId": None},
        "names": [name for name in before["names"] if not name.startswith("customers/")],
        "schemaVersion": SCHEMA_VERSION,
    }
    older = file["documents"]["parameters"][0]
    newer = {"setting": older["setting"] | NEW_PARAMETERS, "schemaVersion": SCHEMA_VERSION}
    assert parameters == older | newer
    assert (await stored(api, "features", "features"))["schemaVersion"] == SCHEMA_VERSION


@each_file
async def test_an_older_number_sequence_goes_on_where_it_was(api: Api, path: Path) -> None:
    file = await restored(api, path)
    wiring.backend().numbers._blocks.clear()
    before = {body["id"]: body for body in file["documents"]["number-sequences"]}["CustomerAccount"]
    number = await wiring.backend().numbers.take(COMPANY, "CustomerAccount")
    after = await stored(api, "number-sequences", "CustomerAccount")

    assert int(number) == before["setting"]["next"]
    assert after["setting"]["next"] == before["setting"]["next"] + before["setting"]["blockSize"]
    assert after["schemaVersion"] == SCHEMA_VERSION


async def test_every_stored_setting_names_its_schema_version(api: Api) -> None:
    await api.put_setting("affiliations", "Gold", {"name": "Gold"})
    changes = await api.documents.changes("settings", None, 1000)

    assert {document.body.get("schemaVersion") for document in changes.documents} == {
        SCHEMA_VERSION
    }
