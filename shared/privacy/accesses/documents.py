"""Accesses as documents beside each other by customer: the only place that knows how."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from pydantic import Field

from shared.context import Context
from shared.core.values import Record, as_text
from shared.ports.documents import Document, Documents, Operation, Order, Put

CONTAINER: Final = "accesses"
ACCESS: Final = "access"
SCHEMA_VERSION: Final = 1
DAY_SECONDS: Final = 86_400
MAX_OPERATIONS: Final = 90  # of a commit
NEWEST_FIRST: Final = Order(("at",), descending=True)


class Access(Record):
    """That somebody looked at a customer, or changed one."""

    at: datetime = Field(description="When the request was answered")
    actor: str = Field(description="Who it was", examples=["employee:000160"])
    till: str | None = Field(description="Application through which an employee acted")
    operation: str = Field(description="What was asked for, an operationId")
    result: int = Field(description="Status of the answer", examples=[200])


class AccessPage(NamedTuple):
    """`continuation` is None on the last page."""

    accesses: Sequence[Access]
    continuation: str | None


async def write(
    documents: Documents,
    partition: tuple[str, ...],
    accesses: Sequence[Access],
    days: int,
) -> None:
    """Keep the accesses to a customer for so many days. A commit for each ninety."""
    operations: list[Operation] = [Put(_body(access, days)) for access in accesses]
    for start in range(0, len(operations), MAX_OPERATIONS):
        some = operations[start : start + MAX_OPERATIONS]
        await documents.commit(CONTAINER, partition, some)


async def query(key: str, limit: int, continuation: str | None, context: Context) -> AccessPage:
    """Return a page of the accesses to a customer, the newest first. One query."""
    page = await context.documents.query(
        CONTAINER,
        context.partition(key),
        order=NEWEST_FIRST,
        limit=limit,
        continuation=continuation,
    )
    return AccessPage([_access(document) for document in page.documents], page.continuation)


def _body(access: Access, days: int) -> dict[str, Any]:
    body = access.model_dump(mode="json", by_alias=True)
    what = f"{access.actor} {access.till} {access.operation} {access.result}"
    # Written again after an answer that was lost, it is the same document.
    return body | {
        "id": f"{as_text(access.at)}-{hashlib.sha256(what.encode()).hexdigest()[:8]}",
        "type": ACCESS,
        "schemaVersion": SCHEMA_VERSION,
        "ttl": days * DAY_SECONDS,
    }


def _access(document: Document) -> Access:
    known = {
        name: document.body.get(name) for name in ("at", "actor", "till", "operation", "result")
    }
    return Access.model_validate(known)
