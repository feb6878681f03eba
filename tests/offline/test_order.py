"""Operations of a customer stay in their order, whatever fails for how long."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from function_app import app
from local.folder import Folder
from local.host.app import Host
from local.store.choice import OpenStore
from shared.composition import wiring
from shared.composition.metered import Metered
from shared.context import Context
from shared.core.errors import Unavailable
from shared.jobs.domain.jobs import MIN_ATTEMPTS, PATIENCE
from shared.offline.uploads import apply_next_lines, read_session
from shared.ports.documents import Documents, Operation, Partition
from tests.api import COMPANY, MANAGER, Api, started

CHANNEL = "channels/HOUSTON"
PERSONAL = "Karen Berg is away"


@pytest.fixture
async def quiet(folder: Folder, open_store: OpenStore) -> AsyncIterator[Api]:
    """The API of a host that works through no upload by itself."""
    host = Host(app, folder, open_store)
    host.functions = [function for function in host.functions if function.name != "apply_uploads"]
    async with AsyncExitStack() as stack:
        yield await started(host, stack)


class Away(Metered):
    """A store that takes nothing of one customer, or has a bug there."""

    def __init__(self, documents: Documents, key: str, failure: type[Exception]) -> None:
        super().__init__(documents)
        self.key = key
        self.failure = failure

    async def commit(
        self, container: str, partition: Partition, operations: Sequence[Operation]
    ) -> list[str]:
        if partition == (self.key, COMPANY):
            raise self.failure(PERSONAL)
        return await super().commit(container, partition, operations)


def a_context(key: str, failure: type[Exception]) -> Context:
    context = wiring.backend().context(COMPANY, "channel:HOUSTON", datetime.now(UTC))
    return replace(context, documents=Away(context.documents, key, failure))


def an_operation(kind: str, customer: str, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "operationId": str(uuid4()),
        "type": kind,
        "customerId": customer,
        "at": "2026-11-20T10:00:00Z",
        "body": body,
    }


async def uploaded(api: Api, one: str, other: str) -> tuple[str, str]:
    """Upload operations of two customers; return the session, and the first operation."""
    operations = [
        an_operation("create", one, {"lastName": "Berg"}),
        an_operation("create", other, {"lastName": "Berg"}),
        an_operation("patch", one, {"firstName": "Carina"}),
    ]
    body = "\n".join(json.dumps(operation) for operation in operations).encode()
    sent = await api.post(f"{CHANNEL}/upload-sessions", body, content_type="application/x-ndjson")
    assert sent.status_code == 202, sent.text
    return sent.json()["id"], operations[0]["operationId"]


async def problem_of(api: Api, operation_id: str) -> dict[str, Any]:
    problem: dict[str, Any] = (await api.get(f"{CHANNEL}/conflicts/{operation_id}")).json()
    return problem["problem"]  # type: ignore[no-any-return]  # JSON


def statuses(session: dict[str, Any]) -> list[str]:
    return [line["status"] for line in session["operations"]["items"]]


async def session(api: Api, session_id: str) -> dict[str, Any]:
    return Api.read(await api.get(f"{CHANNEL}/upload-sessions/{session_id}"))


async def apply_next(session_id: str, context: Context) -> bool:
    session = await read_session("HOUSTON", session_id, context=context)
    return await apply_next_lines(session.value, context=context)


async def test_a_customer_whose_store_stays_away_is_stopped_and_no_other_is(quiet: Api) -> None:
    one, other = str(uuid4()), str(uuid4())
    session_id, operation_id = await uploaded(quiet, one, other)
    context = a_context(one, Unavailable)
    for _ in range(MIN_ATTEMPTS - 1):
        assert not await apply_next(session_id, context)
    waiting = await session(quiet, session_id)
    late = replace(context, now=context.now + PATIENCE)
    assert not await apply_next(session_id, late)
    done = await session(quiet, session_id)
    problem = await problem_of(quiet, operation_id)
    decision = {"operationId": operation_id, "decision": "retry"}
    retried = await quiet.post(f"{CHANNEL}/conflicts", decision, bearer=MANAGER)

    assert (waiting["status"], waiting["chunksDone"]) == ("Uploaded", 0)
    assert (done["status"], done["setAside"]) == ("Applied", [])
    assert statuses(done) == ["Refused", "Applied", "HeldBack"]
    assert problem["code"] == "unavailable"
    assert "Karen" not in problem["detail"]
    assert retried.status_code == 200, retried.text
    assert (await quiet.get(f"customers/{one}")).json()["firstName"] == "Carina"


async def test_a_fault_of_ours_stops_one_customer_and_names_nobody(quiet: Api) -> None:
    one, other = str(uuid4()), str(uuid4())
    session_id, operation_id = await uploaded(quiet, one, other)
    assert not await apply_next(session_id, a_context(one, ZeroDivisionError))
    problem = await problem_of(quiet, operation_id)

    assert statuses(await session(quiet, session_id)) == ["Refused", "Applied", "HeldBack"]
    assert problem["code"] == "internal"
    assert "Karen" not in problem["detail"]
    assert ".py" not in problem["detail"] + str(problem["errors"])
    assert "line" not in problem["detail"].split(), "where in our source it was is for the log"
