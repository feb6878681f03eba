"""Bulk moves of older shapes, kept as files, are answered and carried out as they always were.

`stored/NAME-N.json` has the documents of one plan as schema version N wrote them, and what was
answered from them then.
"""

import asyncio
import json
from pathlib import Path
from typing import Any

from shared.handovers.documents import SCHEMA_VERSION
from shared.ports.documents import Put
from tests.api import ADMINISTRATOR, COMPANY, MANAGER, Api

STORED = Path(__file__).parent / "stored"
PLANS = "client-books/000137/handover-plans"


async def kept(api: Api, name: str) -> dict[str, Any]:
    """Put the documents of a file into the store, and return the file."""
    file: dict[str, Any] = json.loads((STORED / f"{name}.json").read_text())
    writes = [Put(body) for body in file["documents"]]
    await api.documents.commit("books", ("000137", COMPANY), writes)
    return file


async def ended(api: Api, plan_id: str, status: str) -> dict[str, Any]:
    async with asyncio.timeout(30):
        while True:
            plan = Api.read(await api.get(f"{PLANS}/{plan_id}", bearer=ADMINISTRATOR))
            if plan["status"] == status:
                return plan
            await asyncio.sleep(0.05)


async def test_an_older_plan_is_answered_right(api: Api) -> None:
    for name in ("preview-1", "executed-1"):
        file = await kept(api, name)
        answer = (await api.get(f"{PLANS}/{file['id']}", bearer=MANAGER)).json()

        assert answer == file["answer"] | {"setAside": []}


async def test_an_older_preview_is_executed(api: Api) -> None:
    file = await kept(api, "preview-1")
    for key in file["keys"]:
        await api.create(id=key)
    body = {"customerIds": file["keys"]}
    await api.post("client-books/000137/clients", body, bearer=ADMINISTRATOR)
    await api.post(f"{PLANS}/{file['id']}/execution", bearer=MANAGER)
    plan = await ended(api, file["id"], "Executed")
    header = await api.documents.read("books", ("000137", COMPANY), f"plan:{file['id']}")

    assert (plan["moved"], plan["refused"], plan["setAside"]) == (3, 0, [])
    assert header
    assert header.body["schemaVersion"] == SCHEMA_VERSION


async def test_an_older_plan_that_was_executed_is_undone(api: Api) -> None:
    file = await kept(api, "executed-1")
    for key, membership in file["memberships"].items():
        await api.create(id=key)
        await api.documents.commit("customers", (key, COMPANY), [Put(membership)])
    await api.post(f"{PLANS}/{file['id']}/undo", bearer=MANAGER)
    plan = await ended(api, file["id"], "Undone")

    assert (plan["moved"], plan["refused"], plan["returned"], plan["kept"]) == (2, 1, 2, 0)
