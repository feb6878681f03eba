"""How far the newest version of a customer has come on each way, and what is late."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field

from shared.consent.spreading.pending import is_pending
from shared.context import Context
from shared.core.evolve import evolve
from shared.core.values import Record
from shared.core.versioned import Versioned
from shared.customers.customers import read_customer
from shared.customers.directory.entries import is_listed
from shared.customers.domain.customers import Customer
from shared.sync.documents import RelayMark, find_relay_mark, load_creation
from shared.sync.domain.operations import SyncOperation

# How long each step may take before it is called late.
EXPECTED_DURATION = {
    "relayed": timedelta(seconds=10),
    "converted": timedelta(seconds=60),
    "inDirectory": timedelta(seconds=10),
    "consent": timedelta(seconds=60),
}

State = Literal["done", "pending", "late", "failed"]


class Step(Record):
    """One step of a customer's newest version through the system."""

    step: Annotated[
        str,
        Field(
            description="committed, relayed to subscribers, converted, inDirectory for search, "
            "or consent: decisions have reached every holder.",
            examples=["relayed"],
        ),
    ]
    state: Annotated[State, Field(description="How far the step is.")]
    version: Annotated[
        int | None, Field(description="Version that the step has reached.", examples=[3])
    ] = None
    at: Annotated[datetime | None, Field(description="When the step was reached, or failed.")] = (
        None
    )
    late_by: Annotated[
        float | None,
        Field(description="Seconds beyond the time the step usually takes.", examples=[12.5]),
    ] = None
    detail: Annotated[
        str | None,
        Field(
            description="Last error of the step, if any.",
            examples=["There is no 77 among the customer-groups."],
        ),
    ] = None


class Trace(Record):
    """The steps of the newest version of a customer, as of a moment."""

    customer_id: Annotated[
        str,
        Field(
            description="GUID of the customer.", examples=["35ec67f9-2bcf-4f6a-b7af-9a918877dabb"]
        ),
    ]
    account_number: Annotated[
        str | None,
        Field(description="Account number; null while the customer has none.", examples=["000101"]),
    ]
    sync_status: Annotated[
        str, Field(description="Synchronization status of the customer.", examples=["Synced"])
    ]
    version: Annotated[int, Field(description="Newest version of the customer.", examples=[3])]
    as_of: Annotated[datetime, Field(description="When this was looked up.")]
    steps: Annotated[tuple[Step, ...], Field(description="The steps, in their order.")]


async def trace_customer(key: str, *, context: Context) -> Versioned[Trace]:
    """Return where the customer is. Five point reads, four of them side by side.

    Raises CustomerNotFound.
    """
    customer = (await read_customer(key, context=context)).value
    listed, mark, creation, is_spreading = await asyncio.gather(
        is_listed(customer, context),
        find_relay_mark(customer.id, context.documents),
        load_creation(customer.id, context),
        is_pending(customer.id, customer.version, customer.modified_at, context),
    )
    is_relayed = mark is not None and mark.version >= customer.version
    steps = [
        Step(step="committed", state="done", version=customer.version, at=customer.modified_at),
        _relayed(mark, customer, context.now),
        *([_converted(creation.value, context.now)] if creation else []),
        _step("inDirectory", customer, context.now, done=listed),
        _step("consent", customer, context.now, done=is_relayed and not is_spreading),
    ]
    trace = _trace(customer, steps, context.now)
    return Versioned(trace, f"{trace.version}-{int(trace.as_of.timestamp() * 1000)}")


def _trace(customer: Customer, steps: Sequence[Step], now: datetime) -> Trace:
    return Trace(
        customer_id=customer.id,
        account_number=customer.account_number,
        sync_status=customer.sync_status,
        version=customer.version,
        as_of=now,
        steps=tuple(steps),
    )


def _relayed(mark: RelayMark | None, customer: Customer, now: datetime) -> Step:
    if mark is None:
        return _step("relayed", customer, now, done=False)
    step = _step("relayed", customer, now, done=mark.version >= customer.version)
    return evolve(step, version=mark.version, at=mark.at)


def _step(name: str, customer: Customer, now: datetime, *, done: bool) -> Step:
    if done:
        return Step(step=name, state="done", version=customer.version)
    return _unfinished(name, customer.modified_at, now)


def _unfinished(name: str, since: datetime, now: datetime, detail: str | None = None) -> Step:
    late_by = (now - since - EXPECTED_DURATION[name]).total_seconds()
    if late_by <= 0:
        return Step(step=name, state="pending", detail=detail)
    return Step(step=name, state="late", late_by=round(late_by, 1), detail=detail)


def _converted(operation: SyncOperation, now: datetime) -> Step:
    if operation.status == "Synced":
        return Step(step="converted", state="done", at=operation.completed_at)
    error = operation.last_error
    detail = error.detail if error else None
    if operation.status == "Failed":
        return Step(step="converted", state="failed", at=error and error.at, detail=detail)
    return _unfinished("converted", operation.asked_at, now, detail)
