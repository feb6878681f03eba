"""The audit of synchronization, and the lists of customers that are pending or failed.

An operation is a document in the partition of its customer, written in the same commit as the
change it describes. A customer that is not synchronized is also in a list of the company, which
follows by the change feed: so an administrator and the timer query one partition, not all.
"""

import asyncio
from datetime import datetime

from shared.context import Context
from shared.core.evolve import evolve
from shared.customers.customers import read_customer
from shared.customers.domain.customers import Customer
from shared.sync.documents import OperationPage, query_listed, query_operations
from shared.sync.domain.operations import STATUS_OF_CUSTOMER, OperationStatus, SyncOperation


async def list_operations(
    key: str, *, limit: int, continuation: str | None, context: Context
) -> OperationPage:
    """Return the operations of a customer, oldest first. One point read and one query.

    Raises CustomerNotFound.
    """
    customer, page = await asyncio.gather(
        read_customer(key, context=context),
        query_operations(key, limit=limit, continuation=continuation, context=context),
    )
    operations = [_with_status(operation, customer.value) for operation in page.operations]
    return OperationPage(operations, page.continuation)


def _with_status(operation: SyncOperation, customer: Customer) -> SyncOperation:
    """Return the operation with its status: edits are synchronized with the customer itself."""
    if operation.kind == "create":
        return operation
    return evolve(operation, status=STATUS_OF_CUSTOMER[customer.sync_status])


async def list_unsynchronized(
    status: OperationStatus,
    *,
    requested_from: datetime | None = None,
    limit: int,
    continuation: str | None,
    context: Context,
) -> OperationPage:
    """Return the conversions of a company that are pending or failed, oldest first. One query."""
    return await query_listed(
        status,
        requested_from=requested_from,
        limit=limit,
        continuation=continuation,
        context=context,
    )
