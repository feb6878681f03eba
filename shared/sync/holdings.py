"""What synchronization stores about a customer: operations, lists, and changes set aside."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final

from shared.context import Context
from shared.customers.holdings.ageing import Ageing
from shared.customers.holdings.holding import Found, Holding, beside_customer
from shared.customers.holdings.noted import Noted
from shared.ports.documents import Equal
from shared.sync.documents import CUSTOMERS, DIRECTORY, SYNC_OPERATION, list_partition
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


async def _find_done(key: str, before: datetime, context: Context) -> AsyncIterator[Found]:
    partition = context.partition(key)
    of_type = Equal("type", SYNC_OPERATION)
    async for document in context.documents.all(CUSTOMERS, partition, of_type):
        done = document.body["completedAt"]
        if done and datetime.fromisoformat(done) < before:
            yield Found(CUSTOMERS, partition, document)


AGEING: Final = (Ageing("sync-operations", _find_done),)
HOLDINGS: Final = (
    beside_customer(SYNC_OPERATION, section="syncOperations"),
    Holding(DIRECTORY, frozenset({"sync pending", "sync failed"}), "directory", _find_listed),
    Holding(CONTAINER, frozenset({SET_ASIDE}), "channels", _find_set_aside),
)
