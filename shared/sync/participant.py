"""What is recorded with the changes of a customer that is not synchronized yet."""

from shared.context import Context
from shared.core.versioned import Versioned
from shared.customers.domain.customers import Customer
from shared.customers.participants import Change, Joined
from shared.sync.documents import create_operation
from shared.sync.domain.operations import OperationKind, SyncOperation


class SyncOperations:
    """Records each change made while a customer awaits the account number.

    The operation of the creation also requests the number: the outbox sends its command.
    """

    name = "synchronization"

    async def join(self, change: Change, context: Context) -> Joined:
        """Return what writes the operation, if there is one."""
        kind = _kind(change)
        if kind is None:
            return Joined(change.after)
        operation = _operation(kind, change, context)
        return Joined(change.after, [create_operation(operation)])

    async def after(self, customer: Versioned[Customer], change: Change, context: Context) -> None:
        """Do nothing: the outbox follows by the change feed."""


def _kind(change: Change) -> OperationKind | None:
    """Return which operation the change is; None once the customer is synchronized.

    A change of the sync status itself belongs to the operation of the creation.
    """
    if change.after.sync_status == "Synced":
        return None
    if change.before is None:
        return "create"
    return "edit" if change.before.value.sync_status == change.after.sync_status else None


def _operation(kind: OperationKind, change: Change, context: Context) -> SyncOperation:
    customer = change.after
    return SyncOperation(
        kind=kind,
        legal_entity=customer.legal_entity,
        customer_id=customer.id,
        channel=customer.store_number,
        version=customer.version,
        asked_at=context.now,
        asked_by=context.actor,
        asked_last=context.now,
        traceparent=context.traceparent,
        changes=change.changes,
    )
