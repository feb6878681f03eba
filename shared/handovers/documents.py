"""Bulk moves and their chunks as documents of the client book that they take clients from."""

from collections.abc import Mapping
from typing import Any, Final

from shared.context import Context
from shared.core.upgrades import Upgrade
from shared.core.versioned import Versioned
from shared.handovers.domain.bulk_moves import RETENTION_SECONDS, BulkMove, Move
from shared.jobs.documents import JobKind, Jobs
from shared.ports.documents import Equal, Order, Page

CONTAINER: Final = "books"
BULK_MOVE, CHUNK = "plan", "plan-chunk"
SCHEMA_VERSION: Final = 2
NEWEST_FIRST = Order(("type", "createdAt"), descending=True)


def _as_job(body: Mapping[str, Any]) -> dict[str, Any]:
    """Version 1 counted in fields of its own, and its chunks did not say when they were ended."""
    if body["type"] == CHUNK:
        return {**body, "content": body["moves"], "endedIn": None}
    counts = {name: body[name] for name in ("moved", "refused", "returned", "kept")}
    ended = {"Executed": body["executedAt"], "Undone": body["undoneAt"]}
    return {
        **body,
        "jobId": body["planId"],
        "counts": counts,
        "endedAt": ended.get(body["status"]),
    }


UPGRADES: Mapping[int, Upgrade] = {1: _as_job}
BULK_MOVES = JobKind(
    model=BulkMove,
    container=CONTAINER,
    header_type=BULK_MOVE,
    header_id=BULK_MOVE + ":{id}",
    chunk_type=CHUNK,
    chunk_id=CHUNK + ":{batch}:{number:05d}",
    retention_seconds=RETENTION_SECONDS,
    waiting_seconds=RETENTION_SECONDS,  # of a preview that nobody executes
    schema_version=SCHEMA_VERSION,
    upgrades=UPGRADES,
)


def bulk_moves_of(personnel_number: str, context: Context) -> Jobs[BulkMove]:
    return Jobs(BULK_MOVES, context.partition(personnel_number), context.documents)


async def query_bulk_moves(
    personnel_number: str, *, limit: int, continuation: str | None, context: Context
) -> Page:
    """Return the documents of the bulk moves of a book, newest first. One query."""
    return await context.documents.query(
        CONTAINER,
        context.partition(personnel_number),
        Equal("type", BULK_MOVE),
        order=NEWEST_FIRST,
        limit=limit,
        continuation=continuation,
    )


def versioned_bulk_moves(page: Page) -> list[Versioned[BulkMove]]:
    return [BULK_MOVES.job_of(document) for document in page.documents]


async def load_moves(bulk_move: BulkMove, number: int, context: Context) -> list[Move]:
    """Return the moves of a chunk; none where it has expired. One point read."""
    jobs = bulk_moves_of(bulk_move.personnel_number, context)
    chunk = await jobs.load_chunk(bulk_move, number)
    return moves_of(chunk.value.content) if chunk else []


def moves_of(content: Any) -> list[Move]:
    return [Move.model_validate(move) for move in content]


def move_documents(moves: list[Move]) -> list[dict[str, Any]]:
    """Return the moves as the content of a chunk."""
    return [move.model_dump(mode="json", by_alias=True) for move in moves]
