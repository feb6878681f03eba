"""Uploads as documents of their channel: sessions with their chunks, and results of lines."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from shared.context import Context
from shared.core.upgrades import Upgrade, upgrade
from shared.core.versioned import Versioned
from shared.jobs.documents import JobKind, Jobs
from shared.offline.domain.uploads import (
    RETENTION_SECONDS,
    Outcome,
    UploadedOperation,
    UploadSession,
)
from shared.ports.documents import (
    Condition,
    Create,
    Document,
    Equal,
    Operation,
    Order,
    Prefix,
    Put,
    Remove,
    Replace,
)

CONTAINER: Final = "distribution"
SESSION, CHUNK, RUNNING = "upload-session", "upload-chunk", "upload-running"
RESULT, STOP = "upload-result", "upload-stop"
SCHEMA_VERSION: Final = 2
NEWEST_FIRST = Order(("type", "createdAt"), descending=True)


def _chunk_of_lines(body: Mapping[str, Any]) -> dict[str, Any]:
    return {**body, "content": body["lines"], "endedIn": None}


def _stop_with_customer(body: Mapping[str, Any]) -> dict[str, Any]:
    return {**body, "customerId": body["id"].removeprefix(f"{STOP}:")}


def _result_without_type(body: Mapping[str, Any]) -> dict[str, Any]:
    return {**body, "operationType": None}


def _session_as_job(body: Mapping[str, Any]) -> dict[str, Any]:
    counts = {
        "Applied": body["applied"],
        "AlreadyApplied": body["alreadyApplied"],
        "Refused": body["refused"],
        "Conflict": body["conflicts"],
        "HeldBack": body["heldBack"],
    }
    return {
        **body,
        "jobId": body["sessionId"],
        "batch": body["sessionId"],
        "counts": counts,
        "createdBy": body["startedBy"],
        "endedAt": body["startedAt"] if body["status"] == "Canceled" else body["appliedAt"],
    }


FROM_VERSION_1: Mapping[str | None, Upgrade] = {
    SESSION: _session_as_job,
    CHUNK: _chunk_of_lines,
    STOP: _stop_with_customer,
    RESULT: _result_without_type,
}


def _as_jobs(body: Mapping[str, Any]) -> dict[str, Any]:
    """Version 1 counted in fields of the session, and knew no customer of a stop."""
    return FROM_VERSION_1.get(body.get("type"), dict)(body)


UPGRADES: Mapping[int, Upgrade] = {1: _as_jobs}
UPLOADS = JobKind(
    model=UploadSession,
    container=CONTAINER,
    header_type=SESSION,
    header_id=SESSION + ":{id}",
    chunk_type=CHUNK,
    chunk_id=CHUNK + ":{batch}:{number:05d}",
    retention_seconds=RETENTION_SECONDS,
    schema_version=SCHEMA_VERSION,
    upgrades=UPGRADES,
    at_end=lambda _: [Remove(RUNNING)],
)


def uploads_of(channel: str, context: Context) -> Jobs[UploadSession]:
    return Jobs(UPLOADS, context.partition(channel), context.documents)


async def commit(channel: str, operations: Sequence[Operation], context: Context) -> list[str]:
    """Do all operations in the channel's partition or none; return the new ETags."""
    return await context.documents.commit(CONTAINER, context.partition(channel), operations)


async def load_running(channel: str, context: Context) -> Versioned[str] | None:
    """Return the id of the channel's running session. One point read."""
    running = await read(channel, RUNNING, context)
    return Versioned(running.body["session"], running.etag) if running else None


async def create_session(session: UploadSession, context: Context) -> None:
    """Write it as the running one of its channel. Raises AlreadyExists."""
    operations = [Create(UPLOADS.header_document(session)), Create(_running(session))]
    await commit(session.channel, operations, context)


async def replace_session(
    session: UploadSession,
    canceled: Versioned[UploadSession],
    running: Versioned[str],
    context: Context,
) -> None:
    """Write it as the running one, in the place of one that was canceled. Raises Stale."""
    operations: list[Operation] = [
        Replace(UPLOADS.header_document(canceled.value.rewritten()), canceled.etag),
        Replace(_running(session), running.etag),
        Create(UPLOADS.header_document(session)),
    ]
    await commit(session.channel, operations, context)


async def query_sessions(
    channel: str, *, limit: int, continuation: str | None, context: Context
) -> tuple[list[Versioned[UploadSession]], str | None]:
    """Return a page of the channel's sessions, newest first. One query."""
    page = await context.documents.query(
        CONTAINER,
        context.partition(channel),
        Equal("type", SESSION),
        order=NEWEST_FIRST,
        limit=limit,
        continuation=continuation,
    )
    return [UPLOADS.job_of(document) for document in page.documents], page.continuation


async def query_results(
    session: UploadSession,
    status: Outcome | None,
    *,
    limit: int,
    continuation: str | None,
    context: Context,
) -> tuple[list[UploadedOperation], str | None]:
    """Return a page of what became of the lines of a session, in their order. One query."""
    conditions: list[Condition] = [Prefix("id", f"{RESULT}:{session.id}:")]
    if status:
        conditions.append(Equal("status", status))
    page = await context.documents.query(
        CONTAINER,
        context.partition(session.channel),
        *conditions,
        limit=limit,
        continuation=continuation,
    )
    return [_result_of(document) for document in page.documents], page.continuation


async def load_outcome(session: UploadSession, line: int, context: Context) -> Outcome | None:
    """Return what became of a line before. One point read."""
    result = await read(session.channel, result_id(session.id, line), context)
    outcome: Outcome | None = result.body["status"] if result else None
    return outcome


def create_result(result: UploadedOperation, session_id: str) -> Operation:
    return Create(result_document(result, session_id))


def put_result(result: UploadedOperation, session_id: str) -> Operation:
    return Put(result_document(result, session_id))


def result_id(session_id: str, line: int) -> str:
    return f"{RESULT}:{session_id}:{line:07d}"


async def read(channel: str, document_id: str, context: Context) -> Document | None:
    return await context.documents.read(CONTAINER, context.partition(channel), document_id)


def newest(document: Document) -> dict[str, Any]:
    return upgrade(document.body, UPGRADES, SCHEMA_VERSION)


def _running(session: UploadSession) -> dict[str, Any]:
    return {"id": RUNNING, "session": session.id, "schemaVersion": SCHEMA_VERSION}


def _result_of(document: Document) -> UploadedOperation:
    body = newest(document)
    return UploadedOperation.model_validate(body | {"type": body["operationType"]})


def result_document(result: UploadedOperation, session_id: str) -> dict[str, Any]:
    return result.model_dump(mode="json", by_alias=True) | {
        "id": result_id(session_id, result.line),
        "type": RESULT,
        "operationType": result.type,
        "schemaVersion": SCHEMA_VERSION,
        "ttl": RETENTION_SECONDS,
    }
