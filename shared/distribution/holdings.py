"""What the index of changes stores about a customer: the rows of the customer and of addresses."""

from collections.abc import AsyncIterator
from typing import Final

from shared.context import Context
from shared.customers.holdings.holding import Body, Found, Holding
from shared.customers.holdings.noted import Noted
from shared.distribution.domain.entries import customer_shard
from shared.distribution.index import documents
from shared.distribution.index.customers import bury_customer
from shared.distribution.tombstones import PACKAGED


async def _find_entries(noted: Noted, context: Context) -> AsyncIterator[Found]:
    shard = customer_shard(noted.customer_id)
    partition = documents.partition(shard, context)
    async for document in documents.documents_of(shard, noted.customer_id, context):
        yield Found(documents.CONTAINER, partition, document)


async def _bury(noted: Noted, context: Context) -> int:
    """Put tombstones in their place, each with a number: channels must hear that they are gone."""
    return await bury_customer(noted.customer_id, context)


def _tombstone(body: Body, _: Noted) -> Body:
    return {**body, "row": None}


HOLDINGS: Final = (
    Holding(
        documents.CONTAINER,
        frozenset({documents.ENTRY}),
        "channels",
        _find_entries,
        _tombstone,
        erase=_bury,
        copies=PACKAGED,
    ),
)
