"""Changes that were set aside, as documents: a partition for each company."""

from collections.abc import Sequence
from typing import Any, Final

from shared.ports.documents import Documents, Partition, Put, Remove
from shared.sync.domain.set_aside import SetAsideChange

CONTAINER: Final = "requests"
SET_ASIDE: Final = "set-aside-change"
NO_COMPANY: Final = "*"  # of documents that name none
RETENTION_SECONDS: Final = 30 * 86400
SCHEMA_VERSION: Final = 1
MAX_COUNTED: Final = 1000


async def put_set_aside(legal_entity: str, entry: SetAsideChange, documents: Documents) -> None:
    body = entry.model_dump(mode="json", by_alias=True) | {
        "type": SET_ASIDE,
        "schemaVersion": SCHEMA_VERSION,
        "ttl": RETENTION_SECONDS,
    }
    await documents.commit(CONTAINER, set_aside_partition(legal_entity), [Put(body)])


async def find_set_aside(
    legal_entity: str, entry_id: str, documents: Documents
) -> SetAsideChange | None:
    document = await documents.read(CONTAINER, set_aside_partition(legal_entity), entry_id)
    return _entry_of(document.body) if document else None


async def query_set_aside(
    legal_entity: str, *, limit: int, continuation: str | None, documents: Documents
) -> tuple[Sequence[SetAsideChange], str | None]:
    page = await documents.query(
        CONTAINER, set_aside_partition(legal_entity), limit=limit, continuation=continuation
    )
    return [_entry_of(document.body) for document in page.documents], page.continuation


async def count_set_aside(legal_entity: str, function: str, documents: Documents) -> int:
    page = await documents.query(CONTAINER, set_aside_partition(legal_entity), limit=MAX_COUNTED)
    return sum(document.body["function"] == function for document in page.documents)


async def remove_set_aside(legal_entity: str, entry_id: str, documents: Documents) -> None:
    await documents.commit(CONTAINER, set_aside_partition(legal_entity), [Remove(entry_id)])


def set_aside_partition(legal_entity: str) -> Partition:
    return (f"{SET_ASIDE}:{legal_entity or NO_COMPANY}",)


def _entry_of(body: dict[str, Any]) -> SetAsideChange:
    return SetAsideChange.model_validate(body)
