"""What synchronization stores about a customer: operations, lists, and changes set aside."""

from collections.abc import AsyncIterator
from typing import Final

from shared.context import Context
from shared.customers.holdings.holding import Found, Holding, beside_customer
from shared.customers.holdings.noted import Noted
from shared.sync.documents import DIRECTORY, SYNC_OPERATION, list_partition
from shared.sync.set_aside_documents import CONTAINER, SET_ASIDE, set_aside_partition


async def _find_listed(noted: Noted, context: Context) -> AsyncIterator[Found]:
    for status in ("Pending", "Failed"):
        partition = list_partition(context.legal_entity, status)
        async for document in context.documents.all(DIRECTORY, partition):
            if document.id.endswith(noted.customer_id):
                yield Found(DIRECTORY, partition, document)


async def _find_set_aside(noted: Noted, context: Context) -> AsyncIterator[Found]:
    partition = set_aside_partition(context.legal_entity)
    async for document in context.documents.all(CONTAINER, partition):
        if noted.customer_id in document.body["partition"]:
            yield Found(CONTAINER, partition, document)


HOLDINGS: Final = (
    beside_customer(SYNC_OPERATION, section="syncOperations"),
    Holding(DIRECTORY, frozenset({"sync pending", "sync failed"}), "directory", _find_listed),
    Holding(CONTAINER, frozenset({SET_ASIDE}), "channels", _find_set_aside),
)
