"""Uploads of older shapes, kept as files, are answered and worked through as they always were.

`stored/NAME-N.json` has the documents of one upload as schema version N wrote them, and what was
answered from them then.
"""

import asyncio
import json
from pathlib import Path
from typing import Any

from shared.offline.documents import SCHEMA_VERSION
from shared.ports.documents import Put
from tests.api import COMPANY, MANAGER, Api

STORED = Path(__file__).parent / "stored"
CHANNEL = "channels/HOUSTON"


async def kept(api: Api, name: str) -> dict[str, Any]:
    """Put the documents of a file into the store, and return the file."""
    file: dict[str, Any] = json.loads((STORED / f"{name}.json").read_text())
    writes = [Put(body) for body in file["documents"]]
    await api.documents.commit("distribution", ("HOUSTON", COMPANY), writes)
    return file


async def ended(api: Api, session_id: str) -> dict[str, Any]:
    path = f"{CHANNEL}/upload-sessions/{session_id}"
    async with asyncio.timeout(30):
        while (answer := Api.read(await api.get(path)))["status"] != "Applied":
            await asyncio.sleep(0.05)
    return answer


async def create_offline(api: Api, file: dict[str, Any]) -> str:
    """Have the channel create the customer of the file; return the session."""
    creation = {
        "operationId": file["marker"]["id"].partition(":")[2],
        "type": "create",
        "customerId": file["key"],
        "at": "2026-11-20T10:00:00Z",
        "body": {"lastName": "Other"},
    }
    body = json.dumps(creation).encode()
    sent = await api.post(f"{CHANNEL}/upload-sessions", body, content_type="application/x-ndjson")
    await ended(api, sent.json()["id"])
    session_id: str = sent.json()["id"]
    return session_id


def statuses(session: dict[str, Any]) -> list[str]:
    return [line["status"] for line in session["operations"]["items"]]


async def test_an_older_session_and_its_conflict_are_answered_right(api: Api) -> None:
    file = await kept(api, "applied-1")
    conflict = f"{CHANNEL}/conflicts/{file['conflict']['operationId']}"

    session = (await api.get(f"{CHANNEL}/upload-sessions/{file['id']}")).json()
    for line in file["answer"]["operations"]["items"]:
        line["type"] = None  # version 1 did not keep it, and answered the type of the document

    assert session == file["answer"] | {"setAside": []}
    assert (await api.get(conflict)).json() == file["conflict"]


async def test_an_older_conflict_is_decided_and_lets_go_of_what_it_held_back(api: Api) -> None:
    await create_offline(api, json.loads((STORED / "applied-1.json").read_text()))
    file = await kept(api, "applied-1")
    decision = {"operationId": file["conflict"]["operationId"], "decision": "discard"}
    decided = await api.post(f"{CHANNEL}/conflicts", decision, bearer=MANAGER)

    assert decided.status_code == 200, decided.text
    assert (await api.get(f"customers/{file['key']}")).json()["firstName"] == "Carina"
    assert statuses(await ended(api, file["id"])) == ["Applied", "Discarded", "Applied", "Refused"]


async def test_an_operation_that_was_marked_before_is_not_applied_again(api: Api) -> None:
    file = json.loads((STORED / "applied-1.json").read_text())
    await api.create(id=file["key"], firstName="Zoe")
    await api.documents.commit("customers", (file["key"], COMPANY), [Put(file["marker"])])
    session_id = await create_offline(api, file)

    assert statuses(await ended(api, session_id)) == ["AlreadyApplied"]


async def test_an_older_session_that_was_running_is_worked_through(api: Api) -> None:
    file = await kept(api, "uploaded-1")
    session = await ended(api, file["id"])
    header = await api.documents.read(
        "distribution", ("HOUSTON", COMPANY), f"upload-session:{file['id']}"
    )
    running = await api.documents.read("distribution", ("HOUSTON", COMPANY), "upload-running")

    assert statuses(session) == ["Applied", "Refused", "HeldBack", "Refused"]
    assert running is None
    assert header
    assert header.body["schemaVersion"] == SCHEMA_VERSION
