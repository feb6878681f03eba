"""The uses of settings by a customer, for export and erasure."""

from collections.abc import AsyncIterator
from typing import Final

from shared.configuration.domain import collections as col
from shared.configuration.domain.collections import Use
from shared.configuration.uses import documents
from shared.context import Context
from shared.core.concurrency import side_by_side
from shared.customers.holdings.holding import Found, Holding
from shared.customers.holdings.noted import Noted
from shared.ports.documents import Document

AT_ONCE: Final = 8


async def _find_uses(noted: Noted, context: Context) -> AsyncIterator[Found]:
    """Yield the uses: a point read for each setting that customers may use."""
    uses = [
        Use(collection.name, key)
        for collection in col.COLLECTIONS.values()
        if collection.still_names
        for key in sorted(await context.configuration.keys(context.legal_entity, collection))
    ]

    async def read(use: Use) -> Document | None:
        return await documents.read_use(noted.customer_id, use, context)

    found = await side_by_side(uses, read, at_once=AT_ONCE)
    for use, document in zip(uses, found, strict=True):
        if document:
            yield Found(documents.CONTAINER, documents.partition_of(use, context), document)


HOLDINGS: Final = (
    Holding(documents.CONTAINER, frozenset({documents.USE}), "directory", _find_uses),
)
