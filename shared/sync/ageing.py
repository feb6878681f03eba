"""Operations of synchronization that are done for longer than a policy allows."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final

from shared.context import Context
from shared.customers.holdings.ageing import Ageing
from shared.customers.holdings.holding import Found
from shared.ports.documents import Equal
from shared.sync.documents import CUSTOMERS, SYNC_OPERATION


async def _find(key: str, before: datetime, context: Context) -> AsyncIterator[Found]:
    partition = context.partition(key)
    of_type = Equal("type", SYNC_OPERATION)
    async for document in context.documents.all(CUSTOMERS, partition, of_type):
        done = document.body["completedAt"]
        if done and datetime.fromisoformat(done) < before:
            yield Found(CUSTOMERS, partition, document)


AGEING: Final = (Ageing("sync-operations", _find),)
