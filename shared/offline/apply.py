"""Applying an operation of a channel, once, whenever and however often it is sent."""

from dataclasses import replace
from datetime import UTC
from typing import Final

from shared.context import Context
from shared.core.errors import AlreadyExists
from shared.customers.customers import check_not_default, resolve
from shared.customers.domain.customers import CustomerExists, CustomerInactive
from shared.offline.appliers.table import APPLIERS
from shared.offline.domain.conflicts import Choice
from shared.offline.domain.uploads import OfflineOperation, OfflineType
from shared.offline.offline_change import (
    AlreadyApplied,
    Conflicting,
    OfflineChange,
    OperationResult,
    channel_actor,
)

OF_THE_RECORD: Final[frozenset[OfflineType]] = frozenset({"patch", "address", "contact"})


async def apply_operation(
    operation: OfflineOperation, channel: str, *, choice: Choice, context: Context
) -> OperationResult:
    """Apply it, or return what became of it before, or what a person has to decide.

    Raises Unavailable, and the refusals of the rules.
    """
    change = OfflineChange(
        operation,
        channel,
        await customer_of(operation, context),
        choice,
        replace(
            context,
            actor=channel_actor(channel),
            channel=channel,
            fingerprint=f"upload:{operation.operation_id}",
            done_at=min(operation.at, context.now).astimezone(UTC),
        ),
    )
    try:
        return await change.find_result() or await _apply(change)
    except (AlreadyApplied, AlreadyExists):
        return await change.find_result() or OperationResult("AlreadyApplied")
    except (Conflicting, CustomerInactive, CustomerExists) as exc:
        return OperationResult("Conflict", conflicting=_conflicting(exc))


async def customer_of(operation: OfflineOperation, context: Context) -> str:
    """Return the GUID of its customer, who may not exist yet. Raises CustomerNotFound."""
    return await resolve(operation.customer_id, context=context)


async def _apply(change: OfflineChange) -> OperationResult:
    if change.choice.decision == "discard":
        await change.commit()
        return OperationResult("Discarded", None, "discard")
    if change.operation.type in OF_THE_RECORD:
        await check_not_default(change.key, change.context)
    version = await APPLIERS[change.operation.type](change)
    return OperationResult("Applied", version, change.choice.decision)


def _conflicting(exc: Conflicting | CustomerInactive | CustomerExists) -> Conflicting:
    if isinstance(exc, Conflicting):
        return exc
    inactive = isinstance(exc, CustomerInactive)
    return Conflicting("customer-inactive" if inactive else "customer-exists")
