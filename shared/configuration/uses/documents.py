"""Uses of settings, and removals of settings, as documents: the only place that knows them.

A use says that one customer names one setting. The uses of a setting lie in a partition of its own.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from shared.configuration.domain.collections import Use
from shared.context import Context
from shared.core.values import as_text
from shared.core.versioned import Versioned
from shared.ports.documents import (
    Create,
    Document,
    Documents,
    Operation,
    Page,
    Partition,
    Placed,
    Put,
    Remove,
    Replace,
)

CONTAINER: Final = "directory"
USE: Final = "setting-use"
REMOVALS: Final = "setting-removals"
SCHEMA_VERSION: Final = 1


async def put_uses(key: str, uses: Sequence[Use], now: datetime, context: Context) -> None:
    """Note at least one use, each whether or not it is noted. One write for each."""
    body = {"id": key, "type": USE, "at": as_text(now), "schemaVersion": SCHEMA_VERSION}
    *others, last = [Placed(partition_of(use, context), Put(body)) for use in uses]
    await context.documents.scatter(CONTAINER, others, last)


async def remove_use(key: str, use: Use, context: Context) -> None:
    await context.documents.commit(CONTAINER, partition_of(use, context), [Remove(key)])


async def read_use(key: str, use: Use, context: Context) -> Document | None:
    """Return the use of a setting by a customer, if it is noted. One point read."""
    return await context.documents.read(CONTAINER, partition_of(use, context), key)


async def query_uses(use: Use, *, limit: int, continuation: str | None, context: Context) -> Page:
    """Return who uses the setting, as the last writers left it. One query, at double price."""
    return await context.documents.query(
        CONTAINER,
        partition_of(use, context),
        limit=limit,
        continuation=continuation,
        newest=True,
    )


def partition_of(use: Use, context: Context) -> Partition:
    return context.partition(f"uses {use}")


async def begin_counting(documents: Documents, legal_entity: str) -> None:
    """Say of a new company that all uses are noted. Raises AlreadyExists."""
    await _write(documents, legal_entity, Create(_removals({})))


async def find_removals(context: Context) -> Versioned[dict[str, datetime]] | None:
    """Return which settings are being removed, or were, and since when.

    None in a company that has not noted all uses. One point read, at double price.
    """
    document = await context.documents.read_newest(
        CONTAINER, _partition(context.legal_entity), REMOVALS
    )
    if document is None:
        return None
    removals: Mapping[str, str] = document.body["removals"]
    since = {name: datetime.fromisoformat(at) for name, at in removals.items()}
    return Versioned(since, document.etag)


async def write_removals(removals: Mapping[str, datetime], etag: str, context: Context) -> None:
    """Replace exactly the version that was read. Raises Stale."""
    body = _removals({name: as_text(at) for name, at in removals.items()})
    await _write(context.documents, context.legal_entity, Replace(body, etag))


def _removals(removals: Mapping[str, str]) -> dict[str, Any]:
    return {
        "id": REMOVALS,
        "type": REMOVALS,
        "removals": removals,
        "schemaVersion": SCHEMA_VERSION,
    }


async def _write(documents: Documents, legal_entity: str, operation: Operation) -> None:
    await documents.commit(CONTAINER, _partition(legal_entity), [operation])


def _partition(legal_entity: str) -> Partition:
    return (REMOVALS, legal_entity)
