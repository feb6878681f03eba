"""Where is my customer: how far its newest version has come on each way, and what is late."""

import asyncio
from datetime import datetime, timedelta
from typing import Any, Literal

from shared.context import Context
from shared.core.evolve import evolve
from shared.core.values import Record
from shared.customers.customers import read_customer
from shared.customers.domain.customers import Customer
from shared.customers.domain.directory import listing_bucket, listing_id, stamp
from shared.sync.documents import read_creation
from shared.sync.domain.operations import SyncOperation
from shared.sync.outbox import RELAYED, relayed_place

# How long each step may take before it is called late.
IN_TIME = {
    "relayed": timedelta(seconds=10),
    "converted": timedelta(seconds=60),
    "inDirectory": timedelta(seconds=10),
}

State = Literal["done", "pending", "late", "failed"]


class Step(Record):
    """One step: how far it is with which version; `lateBy` in seconds beyond what is usual."""

    step: str
    state: State
    version: int | None = None
    at: datetime | None = None
    late_by: float | None = None
    detail: str | None = None


class Trace(Record):
    """The steps of the newest version of a customer, as of a moment."""

    customer_id: str
    account_number: str | None
    sync_status: str
    version: int
    as_of: datetime
    steps: tuple[Step, ...]


async def trace_customer(key: str, *, context: Context) -> Trace:
    """Return where the customer is. Four point reads, three of them side by side."""
    customer = (await read_customer(key, context=context)).value
    listing, relayed, creation = await asyncio.gather(
        context.documents.read(
            "directory",
            context.partition(listing_bucket(customer.created_at.year)),
            listing_id(customer.created_at, customer.id),
        ),
        context.documents.read("requests", relayed_place(customer.id), RELAYED),
        read_creation(customer.id, context),
    )
    committed = Step(
        step="committed", state="done", version=customer.version, at=customer.modified_at
    )
    told: dict[str, Any] = relayed.body if relayed else {"version": 0, "at": None}
    listed = bool(listing and listing.body["version"] == stamp(customer))
    return Trace(
        customer_id=customer.id,
        account_number=customer.account_number,
        sync_status=customer.sync_status,
        version=customer.version,
        as_of=context.now,
        steps=(
            committed,
            evolve(
                _step("relayed", customer, context.now, done=told["version"] >= customer.version),
                version=told["version"] or None,
                at=_moment(told["at"]),
            ),
            *([_converted(creation.value, context.now)] if creation else []),
            _step("inDirectory", customer, context.now, done=listed),
        ),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _step(name: str, customer: Customer, now: datetime, *, done: bool) -> Step:
    late = (now - customer.modified_at - IN_TIME[name]).total_seconds()
    if done:
        return Step(step=name, state="done", version=customer.version)
    if late <= 0:
        return Step(step=name, state="pending")
    return Step(step=name, state="late", late_by=round(late, 1))


def _converted(operation: SyncOperation, now: datetime) -> Step:
    if operation.status == "Synced":
        return Step(step="converted", state="done", at=operation.completed_at)
    error = operation.last_error
    detail = error.detail if error else None
    if operation.status == "Failed":
        return Step(step="converted", state="failed", at=error and error.at, detail=detail)
    late = (now - operation.asked_at - IN_TIME["converted"]).total_seconds()
    if late <= 0:
        return Step(step="converted", state="pending", detail=detail)
    return Step(step="converted", state="late", late_by=round(late, 1), detail=detail)
