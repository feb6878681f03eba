"""Imported values as documents: one small document in the partition of each customer."""

from collections.abc import Mapping
from typing import Final

from shared.context import Context
from shared.core.upgrades import Upgrade, upgrade
from shared.core.versioned import Versioned
from shared.measures.domain.imported import Imported
from shared.ports.documents import Create, Documents, Replace

CONTAINER: Final = "customers"
MEASURES: Final = "measures"  # the id and the type
SCHEMA_VERSION: Final = 1
UPGRADES: Mapping[int, Upgrade] = {}


async def find_imported(
    documents: Documents, legal_entity: str, key: str
) -> Versioned[Imported] | None:
    """Return the values of a customer, or None. One point read."""
    document = await documents.read(CONTAINER, (key, legal_entity), MEASURES)
    if document is None:
        return None
    body = upgrade(document.body, UPGRADES, SCHEMA_VERSION)
    return Versioned(Imported(body["values"], body["version"]), document.etag)


async def write_imported(key: str, imported: Imported, etag: str | None, context: Context) -> None:
    """Replace the version `etag`, or create the values. Raises Stale, AlreadyExists."""
    body = {
        "id": MEASURES,
        "type": MEASURES,
        "legalEntity": context.legal_entity,
        "customerId": key,
        "version": imported.version,
        "values": dict(imported.values),
        "schemaVersion": SCHEMA_VERSION,
    }
    operation = Create(body) if etag is None else Replace(body, etag)
    await context.documents.commit(CONTAINER, context.partition(key), [operation])
