"""The audit of synchronization: what waits for an account number, and how it went."""

from datetime import datetime
from typing import Literal

from shared.core.errors import Refusal
from shared.core.evolve import evolve
from shared.core.values import Body, CompanyCode, Guid, Record, Whole
from shared.customers.domain.events import FieldChange

OperationKind = Literal["create", "edit"]
OperationStatus = Literal["Pending", "Synced", "Failed"]
LONGEST_REASON = 500
OF_CUSTOMER: dict[str, OperationStatus] = {
    "PendingSync": "Pending",
    "Synced": "Synced",
    "SyncFailed": "Failed",
}


class SyncError(Record):
    """Why it did not work the last time."""

    code: str
    detail: str
    at: datetime


class SyncOperation(Record):
    """One change of a customer without an account number.

    `kind` create is the conversion itself; an edit made meanwhile is synchronized by it too.
    `version` is the version of the customer that the operation led to; `asked` counts how often
    the conversion was asked for, the last time at `askedLast`. `traceparent` is the request it
    came with.
    """

    kind: OperationKind
    legal_entity: str
    customer_id: str
    channel: str
    version: int
    asked_at: datetime
    asked_by: str
    asked: int = 1
    asked_last: datetime
    status: OperationStatus = "Pending"
    attempts: int = 0
    last_error: SyncError | None = None
    completed_at: datetime | None = None
    traceparent: str | None = None
    changes: tuple[FieldChange, ...] = ()

    def done(self, now: datetime) -> "SyncOperation":
        return evolve(self, status="Synced", attempts=self.attempts + 1, completed_at=now)

    def failed(self, error: SyncError, *, for_good: bool) -> "SyncOperation":
        """Return it with the error; for good, when trying again cannot help by itself."""
        status = "Failed" if for_good else self.status
        return evolve(self, attempts=self.attempts + 1, last_error=error, status=status)

    def asked_again(self, now: datetime) -> "SyncOperation":
        return evolve(self, status="Pending", asked=self.asked + 1, asked_last=now)


class SynchronizeCustomer(Body):
    """The command to give a customer its account number."""

    kind: Literal["synchronize-customer"] = "synchronize-customer"
    legal_entity: CompanyCode
    customer_id: Guid
    asked: Whole = 1


def error_of(refusal: Refusal, now: datetime) -> SyncError:
    flaws = getattr(refusal, "flaws", ())
    code = flaws[0].code if flaws else refusal.code
    return SyncError(code=code, detail=refusal.detail[:LONGEST_REASON], at=now)
