"""Imports as documents: a partition for each, with its header, chunks and refused lines."""

from collections.abc import Mapping
from typing import Any, Final

from shared.core.upgrades import Upgrade
from shared.customers.domain.imports import RETENTION_SECONDS, Import, RefusedLine
from shared.jobs.documents import JobKind, Jobs
from shared.ports.changes import Change
from shared.ports.documents import Documents, Equal, Operation, Order, Page, Put

CONTAINER: Final = "requests"
IMPORT, CHUNK, REFUSED_LINE = "import", "import-chunk", "import-problem"
SCHEMA_VERSION: Final = 2
BY_NUMBER = Order(("type", "number"))


def _as_job(body: Mapping[str, Any]) -> dict[str, Any]:
    """Version 1 had chunks that waited by themselves, and a header that did not know of them."""
    if body["id"] == IMPORT:
        return {
            "id": IMPORT,
            "jobId": body["importId"],
            "type": IMPORT,
            "legalEntity": body["legalEntity"],
            "storeNumber": body["storeNumber"],
            "batch": body["importId"],
            "status": body["status"],
            "total": body["total"],
            "counts": {name: body[name] for name in ("created", "alreadyThere", "refused")},
            "chunks": body["total"],  # a line each, at most
            "createdAt": body["startedAt"],
            "createdBy": body["startedBy"],
            "endedAt": body["completedAt"],
        }
    if body.get("type") == CHUNK:
        ended_in = None if body["waiting"] else "Running"
        return {**body, "content": body.get("lines"), "endedIn": ended_in}
    return dict(body)


UPGRADES: Mapping[int, Upgrade] = {1: _as_job}
IMPORTS = JobKind(
    model=Import,
    container=CONTAINER,
    header_type=IMPORT,
    header_id=IMPORT,
    chunk_type=CHUNK,
    chunk_id=CHUNK + ":{number}",
    retention_seconds=RETENTION_SECONDS,
    schema_version=SCHEMA_VERSION,
    upgrades=UPGRADES,
)


def import_jobs(import_id: str, documents: Documents) -> Jobs[Import]:
    return Jobs(IMPORTS, (import_id,), documents)


async def changed_import(change: Change, documents: Documents) -> Import | None:
    """Return the import that a changed document gives work to, if it does. Raises Lagging."""
    if change.type == CHUNK and change.number("schemaVersion") < SCHEMA_VERSION:
        # It may have been stored without its header knowing of it.
        stored = await import_jobs(change.key, documents).load(change.key)
        return stored.value if stored else None
    return await IMPORTS.running_job(change, documents)


async def query_refused_lines(
    import_id: str, *, limit: int, continuation: str | None, documents: Documents
) -> Page:
    """Return the refused lines of an import, in their order. One query."""
    return await documents.query(
        CONTAINER,
        (import_id,),
        Equal("type", REFUSED_LINE),
        order=BY_NUMBER,
        limit=limit,
        continuation=continuation,
    )


def put_refused_line(line: RefusedLine) -> Operation:
    body = line.model_dump(mode="json", by_alias=True) | {
        "id": f"{REFUSED_LINE}:{line.line}",
        "type": REFUSED_LINE,
        "number": line.line,
        "schemaVersion": SCHEMA_VERSION,
        "ttl": RETENTION_SECONDS,
    }
    return Put(body)
