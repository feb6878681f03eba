"""The list of decisions that have not reached every holder yet."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from shared.context import Context
from shared.core.values import as_text
from shared.ports.documents import Documents, Partition, Put, Remove

CONTAINER: Final = "directory"
PENDING: Final = "consent pending"  # the bucket
SCHEMA_VERSION: Final = 1
PAGE_SIZE: Final = 100


@dataclass(frozen=True, slots=True)
class PendingSpread:
    """A version of a customer whose decisions or contact points are being followed.

    `asked` is how often it was sent again, the last time at `asked_at`.
    """

    legal_entity: str
    customer_id: str
    version: int
    at: datetime
    asked: int = 0
    asked_at: datetime | None = None

    def asked_again(self, now: datetime) -> "PendingSpread":
        return replace(self, asked=self.asked + 1, asked_at=now)

    @property
    def id(self) -> str:
        return f"{as_text(self.at)} {self.customer_id} {self.version}"


async def put(pending: PendingSpread, documents: Documents) -> None:
    body: dict[str, Any] = {
        "id": pending.id,
        "customerId": pending.customer_id,
        "version": pending.version,
        "at": as_text(pending.at),
        "asked": pending.asked,
        "askedAt": as_text(pending.asked_at) if pending.asked_at else None,
        "schemaVersion": SCHEMA_VERSION,
    }
    await documents.commit(CONTAINER, _partition(pending.legal_entity), [Put(body)])


async def delist(pending: PendingSpread, documents: Documents) -> None:
    await documents.commit(CONTAINER, _partition(pending.legal_entity), [Remove(pending.id)])


async def is_pending(key: str, version: int, at: datetime, context: Context) -> bool:
    """Return whether this version of a customer is being followed still. One point read."""
    name = PendingSpread(context.legal_entity, key, version, at).id
    return (
        await context.documents.read(CONTAINER, _partition(context.legal_entity), name) is not None
    )


async def all_pending(context: Context) -> AsyncIterator[PendingSpread]:
    """Yield what is pending, oldest first. One query for each hundred."""
    partition = _partition(context.legal_entity)
    documents = context.documents.all(CONTAINER, partition, page_size=PAGE_SIZE)
    async for document in documents:
        body = document.body
        asked_at = body["askedAt"]
        yield PendingSpread(
            context.legal_entity,
            body["customerId"],
            body["version"],
            datetime.fromisoformat(body["at"]),
            body["asked"],
            datetime.fromisoformat(asked_at) if asked_at else None,
        )


def _partition(legal_entity: str) -> Partition:
    return (PENDING, legal_entity)
